package io.viworks.backplane;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The compose stack's job that writes the ACL file of a Redis of its own: one login per service and
 * one for operators, nobody else. Passwords stand in it as SHA-256.
 */
public final class RedisAclFile {
    /**
     * Nobody comes in without a login. The rights are for Redis itself: it reads its append-only
     * file as this user, and would leave out every transaction in it, which is what scripts wrote.
     */
    static final String NOBODY = "user default off ~* &* +@all";

    private RedisAclFile() {}

    /**
     * Writes it. Reads {@code VIW_REDIS_PASSWORD_<USER>_FILE} for each service and for {@code
     * OPERATOR}.
     *
     * @param args the file to write
     * @throws IllegalArgumentException with every mistake
     */
    public static void main(String[] args) throws IOException {
        List<String> mistakes = new ArrayList<>();
        if (args.length != 1) {
            mistakes.add("the one argument is the file to write");
        }
        List<String> lines = new ArrayList<>(List.of(NOBODY));
        String operator = password("OPERATOR", System.getenv(), mistakes);
        lines.add("user operator on #" + sha256(operator) + " ~* &* +@all");
        for (RedisAcl.Service service : RedisAcl.Service.values()) {
            String password = password(service.name(), System.getenv(), mistakes);
            lines.add(line(service, password));
        }
        if (!mistakes.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", mistakes));
        }
        Path file = Path.of(args[0]);
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.write(next, lines, StandardCharsets.UTF_8);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** {@link RedisAcl#line} without the password itself. */
    static String line(RedisAcl.Service service, String password) {
        return RedisAcl.line(service, password).replace(" >" + password, " #" + sha256(password));
    }

    private static String password(
            String user, Map<String, String> environment, List<String> mistakes) {
        String name = "VIW_REDIS_PASSWORD_" + user.toUpperCase(Locale.ROOT) + "_FILE";
        @Nullable String file = environment.get(name);
        if (file == null || file.isBlank()) {
            mistakes.add(name + " is missing");
            return "none";
        }
        try {
            String password = Files.readString(Path.of(file)).strip();
            if (!password.matches("[A-Za-z0-9_-]{16,256}")) {
                mistakes.add(name + " must name a file with 16 to 256 letters, digits, _ or -");
                return "none";
            }
            return password;
        } catch (IOException e) {
            mistakes.add(name + " cannot be read: " + file);
            return "none";
        }
    }

    private static String sha256(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
