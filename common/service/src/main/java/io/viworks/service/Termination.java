package io.viworks.service;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * SIGTERM as the ordinary end of a service: exit code 0 once everything is closed, where the JVM by
 * itself says 143 (spec 07, drain).
 */
final class Termination {
    private Termination() {}

    /** From now on SIGTERM ends this process as {@code System.exit(0)} does. */
    static void isOrdinary() {
        try {
            // By name: naming the type is a warning that no compiler switch of its own turns off.
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            MethodHandle exit =
                    MethodHandles.lookup()
                            .findStatic(
                                    System.class,
                                    "exit",
                                    MethodType.methodType(void.class, int.class));
            MethodHandle exitZero =
                    MethodHandles.dropArguments(
                            MethodHandles.insertArguments(exit, 0, 0), 0, signal);
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance("TERM"),
                            MethodHandleProxies.asInterfaceInstance(handler, exitZero));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM lets nobody handle SIGTERM", e);
        }
    }
}
