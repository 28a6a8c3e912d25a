package io.viworks.results;

import io.viworks.service.Services;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The process that moves the ledger, stores results, and sends what is next. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({Wiring.class, Health.class})
public class ResultsWriter {
    public static void main(String[] args) {
        Services.run(
                "results-writer",
                ResultsWriter.class,
                ResultsSettings.class,
                ResultsSettings::from,
                args);
    }
}
