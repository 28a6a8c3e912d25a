package io.viworks.protocol.signing;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.EdECPrivateKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The private keys of the one that signs: one signs, the others are known beforehand, so that their
 * public halves can be given to the agents before they sign. Immutable.
 */
public final class SigningKeys {
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final EnvelopeSigner signer;
    private final List<Announced> announced;

    private SigningKeys(List<PrivateKey> keys) throws IOException {
        List<Announced> all = new ArrayList<>();
        Set<String> kids = new HashSet<>();
        for (PrivateKey key : keys) {
            PublicKey half = KeyFiles.publicKeyOf(key);
            String kid = Ed25519.thumbprint(half);
            if (kids.add(kid)) {
                all.add(new Announced(kid, pem(half), all.isEmpty()));
            }
        }
        this.announced = List.copyOf(all);
        this.signer = new EnvelopeSigner(keys.getFirst(), KeyFiles.publicKeyOf(keys.getFirst()));
    }

    /**
     * A key as whoever verifies must know it.
     *
     * @param kid what it is called in a header: its RFC 7638 thumbprint
     * @param publicKey PEM, SubjectPublicKeyInfo: what belongs into an agent's {@code verify_keys}
     * @param signs whether it signs now; else it may later
     */
    public record Announced(String kid, String publicKey, boolean signs) {}

    /**
     * The keys of a file: PKCS#12 when its name ends in {@code .p12} or {@code .pfx}, else PEM,
     * whose first key signs.
     *
     * @param password opens a PKCS#12 file
     * @param alias names the key of a PKCS#12 file that signs; needed when there are several
     * @throws IOException when it cannot be read or holds something else; says what would be right
     */
    public static SigningKeys read(Path file, Optional<String> password, Optional<String> alias)
            throws IOException {
        if (!isPkcs12(file)) {
            if (alias.isPresent()) {
                throw new IOException(
                        "only keys of a .p12 file have an alias; of PEM the first signs");
            }
            return new SigningKeys(KeyFiles.privateKeys(file));
        }
        return new SigningKeys(
                ofStore(
                        file,
                        password.orElseThrow(
                                () -> new IOException(file + " needs the password that opens it")),
                        alias));
    }

    private static boolean isPkcs12(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".p12") || name.endsWith(".pfx");
    }

    private static List<PrivateKey> ofStore(Path file, String password, Optional<String> alias)
            throws IOException {
        SortedMap<String, PrivateKey> keys = new TreeMap<>();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(KeyFiles.bytes(file)), password.toCharArray());
            for (String name : Collections.list(store.aliases())) {
                Key key =
                        store.isKeyEntry(name) ? store.getKey(name, password.toCharArray()) : null;
                if (key instanceof EdECPrivateKey edwards) {
                    keys.put(name.toLowerCase(Locale.ROOT), edwards);
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " must be PKCS#12 that the password opens", e);
        } catch (IOException e) {
            throw e.getCause() instanceof GeneralSecurityException
                    ? new IOException(file + " must be PKCS#12 that the password opens", e)
                    : e;
        }
        return chosenFirst(file, keys, alias);
    }

    private static List<PrivateKey> chosenFirst(
            Path file, SortedMap<String, PrivateKey> keys, Optional<String> alias)
            throws IOException {
        if (keys.isEmpty()) {
            throw new IOException(file + " must hold an Ed25519 private key");
        }
        if (alias.isEmpty() && keys.size() > 1) {
            throw new IOException(
                    file
                            + " holds several keys: an alias must say which signs, of "
                            + keys.keySet());
        }
        String name = alias.map(text -> text.toLowerCase(Locale.ROOT)).orElse(keys.firstKey());
        PrivateKey signs = keys.remove(name);
        if (signs == null) {
            throw new IOException(file + " has no key of that alias; there are " + keys.keySet());
        }
        List<PrivateKey> inOrder = new ArrayList<>(List.of(signs));
        inOrder.addAll(keys.values());
        return inOrder;
    }

    /** Signs with the one that signs now. */
    public EnvelopeSigner signer() {
        return signer;
    }

    /** All, the one that signs first. */
    public List<Announced> announced() {
        return announced;
    }

    private static String pem(PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + LINES.encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
