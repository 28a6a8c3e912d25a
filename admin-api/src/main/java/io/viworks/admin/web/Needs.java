package io.viworks.admin.web;

import io.viworks.admin.token.Role;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The role a call needs; every call says one, or the process does not start. */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Needs {
    Role value();

    /** Whether the call is about all sites at once, and so not for callers of some. */
    boolean allSites() default false;
}
