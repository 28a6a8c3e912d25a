package io.viworks.admin.web;

import io.viworks.admin.idempotency.IdempotentCalls;
import java.util.List;
import org.apache.catalina.core.StandardHost;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.webmvc.autoconfigure.WebMvcRegistrations;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.format.FormatterRegistry;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/** Puts the rules for every call in place, and checks at the start that each call has its role. */
@Configuration(proxyBeanMethods = false)
class WebRules implements WebMvcConfigurer {
    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new CallRules());
    }

    /** A parameter that may be repeated is not also split at commas: values may hold them. */
    @Override
    public void addFormatters(FormatterRegistry registry) {
        registry.addConverter(String.class, List.class, List::of);
    }

    /** POSTs under an Idempotency-Key are done once. */
    @Bean
    WebMvcRegistrations onceForEachKey(ObjectProvider<IdempotentCalls> calls) {
        return new WebMvcRegistrations() {
            @Override
            public RequestMappingHandlerAdapter getRequestMappingHandlerAdapter() {
                return new OnceAdapter(calls);
            }
        };
    }

    @Bean
    SmartInitializingSingleton everyCallSaysItsRole(
            @org.springframework.beans.factory.annotation.Qualifier("requestMappingHandlerMapping")
                    RequestMappingHandlerMapping calls) {
        return () -> {
            List<String> without =
                    calls.getHandlerMethods().values().stream()
                            .filter(CallRules::isOurs)
                            .filter(call -> call.getMethodAnnotation(Needs.class) == null)
                            .filter(call -> !call.hasMethodAnnotation(ForAgents.class))
                            .map(Object::toString)
                            .toList();
            if (!without.isEmpty()) {
                throw new IllegalStateException("calls without a role: " + without);
            }
        };
    }

    /** What Tomcat refuses before any filter sees it is a problem object too, without a banner. */
    @Bean
    WebServerFactoryCustomizer<TomcatServletWebServerFactory> containerProblems() {
        return factory ->
                factory.addContextCustomizers(context -> {
                    if (context.getParent() instanceof StandardHost host) {
                        host.setErrorReportValveClass(ProblemValve.class.getName());
                    }
                });
    }
}
