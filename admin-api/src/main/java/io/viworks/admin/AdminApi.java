package io.viworks.admin;

import io.viworks.service.Services;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.ComponentScan;

/** The process that serves the admin panel: REST in front of Postgres, commands into Redis. */
@SpringBootConfiguration
@EnableAutoConfiguration
@ComponentScan
public class AdminApi {
    public static void main(String[] args) {
        Services.run("admin-api", AdminApi.class, AdminSettings.class, AdminSettings::from, args);
    }
}
