package io.viworks.agent.log;

/** From which level on lines are written. */
public enum LogLevel {
    DEBUG,
    INFO,
    WARN,
    ERROR
}
