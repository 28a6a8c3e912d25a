package io.viworks.admin.enrolment;

import io.viworks.protocol.handshake.EnrolmentText;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

/** What stands before the enrolment. */
@Configuration(proxyBeanMethods = false)
class EnrolmentConfiguration {
    /** Before all that asks where a request comes from. */
    @Bean
    FilterRegistrationBean<BehindEdge> behindEdge(EnrolmentSettings settings) {
        FilterRegistrationBean<BehindEdge> filter =
                new FilterRegistrationBean<>(new BehindEdge(settings));
        filter.addUrlPatterns(EnrolmentText.PATH);
        filter.setOrder(Ordered.HIGHEST_PRECEDENCE);
        return filter;
    }
}
