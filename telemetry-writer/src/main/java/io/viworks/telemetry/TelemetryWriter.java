package io.viworks.telemetry;

import io.viworks.service.Services;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The process that brings hello and telemetry into Postgres. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({Loops.class, Upkeep.class, Health.class})
public class TelemetryWriter {
    public static void main(String[] args) {
        Services.run(
                "telemetry-writer",
                TelemetryWriter.class,
                WriterSettings.class,
                WriterSettings::from,
                args);
    }
}
