package io.viworks.protocol.signing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Ed25519 keys in PEM files, as {@code openssl genpkey -algorithm ed25519} writes them. */
final class KeyFiles {
    /** A file of keys is small; what is larger is something else. */
    private static final long MAX_BYTES = 64L * 1024;

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private KeyFiles() {}

    static PrivateKey privateKey(Path file) throws IOException {
        List<PrivateKey> keys = privateKeys(file);
        if (keys.size() != 1) {
            throw new IOException(file + " must hold one PRIVATE KEY (PEM, PKCS#8)");
        }
        return keys.getFirst();
    }

    /** One or more. */
    static List<PrivateKey> privateKeys(Path file) throws IOException {
        List<byte[]> found = blocks(file, "PRIVATE KEY");
        if (found.isEmpty()) {
            throw new IOException(file + " must hold one PRIVATE KEY (PEM, PKCS#8)");
        }
        try {
            List<PrivateKey> keys = new ArrayList<>();
            for (byte[] encoded : found) {
                keys.add(
                        KeyFactory.getInstance(Ed25519.ALGORITHM)
                                .generatePrivate(new PKCS8EncodedKeySpec(encoded)));
            }
            return keys;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " must hold an Ed25519 key", e);
        }
    }

    static List<PublicKey> publicKeys(Collection<Path> places) throws IOException {
        List<PublicKey> keys = new ArrayList<>();
        for (Path place : places) {
            for (Path file : files(place)) {
                List<byte[]> found = blocks(file, "PUBLIC KEY");
                if (found.isEmpty()) {
                    throw new IOException(file + " must hold PUBLIC KEYs (PEM) and nothing else");
                }
                for (byte[] encoded : found) {
                    keys.add(publicKey(file, encoded));
                }
            }
        }
        return keys;
    }

    private static List<Path> files(Path place) throws IOException {
        if (!Files.isDirectory(place)) {
            return List.of(place);
        }
        try (Stream<Path> files = Files.list(place)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".pem"))
                    .sorted()
                    .toList();
        }
    }

    private static PublicKey publicKey(Path file, byte[] encoded) throws IOException {
        try {
            return KeyFactory.getInstance(Ed25519.ALGORITHM)
                    .generatePublic(new X509EncodedKeySpec(encoded));
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " must hold Ed25519 keys only", e);
        }
    }

    static byte[] bytes(Path file) throws IOException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw new IOException(file + " must be a file that can be read");
        }
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException(file + " must have at most " + MAX_BYTES + " bytes");
        }
        return Files.readAllBytes(file);
    }

    /** The contents of each block; every block must have this name. */
    private static List<byte[]> blocks(Path file, String name) throws IOException {
        String text = new String(bytes(file), StandardCharsets.ISO_8859_1);
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = PEM.matcher(text);
        while (matcher.find()) {
            if (!matcher.group(1).equals(name)) {
                throw new IOException(
                        file + " must hold " + name + ", not " + matcher.group(1) + " (PEM)");
            }
            try {
                blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
            } catch (IllegalArgumentException e) {
                throw new IOException(file + " must be PEM", e);
            }
        }
        return blocks;
    }

    /** The public half: a generator whose one draw is the private key makes the pair again. */
    static PublicKey publicKeyOf(PrivateKey key) throws IOException {
        byte[] seed =
                key instanceof EdECPrivateKey edwards
                        ? edwards.getBytes().orElseThrow(() -> new IOException("no seed"))
                        : new byte[0];
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(Ed25519.ALGORITHM);
            generator.initialize(NamedParameterSpec.ED25519, new Given(seed));
            return generator.generateKeyPair().getPublic();
        } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
            throw new IllegalStateException("every JDK has " + Ed25519.ALGORITHM, e);
        } finally {
            Arrays.fill(seed, (byte) 0);
        }
    }

    /** Gives these bytes and no others. */
    private static final class Given extends SecureRandom {
        private static final long serialVersionUID = 1;
        private final transient byte[] bytes;

        Given(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public void nextBytes(byte[] target) {
            if (target.length != bytes.length) {
                throw new IllegalStateException("an Ed25519 seed has " + target.length + " bytes");
            }
            System.arraycopy(bytes, 0, target, 0, target.length);
        }
    }
}
