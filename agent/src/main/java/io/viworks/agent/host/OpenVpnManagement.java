package io.viworks.agent.host;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where OpenVPN's management interface listens (its option {@code management}).
 *
 * @param address a Unix socket or a loopback address: the interface is not encrypted
 * @param passwordFile what OpenVPN was given as {@code pw-file}; read for each connection
 */
public record OpenVpnManagement(SocketAddress address, @Nullable Path passwordFile) {
    private static final Pattern HOST_PORT =
            Pattern.compile("(127(?:\\.[0-9]{1,3}){3}|\\[::1]):([1-9][0-9]{0,4})");

    /**
     * Reads an address as it stands in a configuration: a socket's absolute path, or {@code
     * host:port} of loopback.
     *
     * @throws IllegalArgumentException saying what would be right
     */
    public static SocketAddress address(String text) {
        if (text.startsWith("/")) {
            return UnixDomainSocketAddress.of(Path.of(text));
        }
        Matcher parts = HOST_PORT.matcher(text);
        if (!parts.matches() || Integer.parseInt(parts.group(2)) > 0xffff) {
            throw new IllegalArgumentException(
                    "be the absolute path of a Unix socket, or 127.0.0.1:port or [::1]:port");
        }
        InetAddress host = InetAddress.ofLiteral(parts.group(1).replaceAll("[\\[\\]]", ""));
        return new InetSocketAddress(host, Integer.parseInt(parts.group(2)));
    }

    /** As it would stand in a configuration. */
    public String where() {
        return switch (address) {
            case UnixDomainSocketAddress unix -> unix.getPath().toString();
            case InetSocketAddress inet ->
                    inet.getAddress() instanceof Inet6Address
                            ? "[::1]:" + inet.getPort()
                            : inet.getAddress().getHostAddress() + ":" + inet.getPort();
            default -> address.toString();
        };
    }
}
