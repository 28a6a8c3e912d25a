package io.viworks.bridge.session;

import io.netty.channel.Channel;
import io.viworks.bridge.handshake.Verdict;
import java.util.function.BiConsumer;

/** Makes a session of an upgraded channel. On the channel's event loop. */
public final class SessionOpener implements BiConsumer<Channel, Verdict.Accepted> {
    private final SessionContext context;

    public SessionOpener(SessionContext context) {
        this.context = context;
    }

    /** What the server itself takes of one message: beyond it the connection ends. */
    public static int serverLimit(SessionLimits limits) {
        return 2 * limits.maxFrameBytes();
    }

    @Override
    public void accept(Channel channel, Verdict.Accepted accepted) {
        context.joining().accept(channel.eventLoop());
        NettyWire wire = NettyWire.on(channel, serverLimit(context.limits()));
        AgentSession session = new AgentSession(context, wire, accepted);
        session.start();
        wire.start(session);
    }
}
