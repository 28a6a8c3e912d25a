package io.viworks.admin.web;

/** Where requests come from, as limits count it. */
public final class SourceNetwork {
    private SourceNetwork() {}

    /** Whom an address stands for: of IPv6 the whole /64, which one customer has for himself. */
    public static String of(String address) {
        int colon = address.indexOf(':');
        if (colon < 0) {
            return address;
        }
        String[] groups = address.split("::", 2)[0].split(":", -1);
        StringBuilder network = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            String group = i < groups.length && !groups[i].isEmpty() ? groups[i] : "0";
            network.append(group).append(':');
        }
        return network.append("/64").toString();
    }
}
