package io.viworks.bridge.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import io.viworks.protocol.Bytes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FrameRingTest {
    private final SplittableRandom random = new SplittableRandom(7);

    private byte[] frame(int length) {
        byte[] frame = new byte[length];
        random.nextBytes(frame);
        return frame;
    }

    @Test
    void givesEveryByteBackWhateverTheSizesAndWhereverTheyWrap() {
        FrameRing ring = new FrameRing(5);
        Deque<Bytes> model = new ArrayDeque<>();

        for (int i = 0; i < 5_000; i++) {
            // What is allowed changes as agents come and go; some frames are larger than it.
            long most = i % 50 < 25 ? 1_000 : 100 + random.nextInt(400);
            byte[] frame = frame(random.nextInt(i % 7 == 0 ? 1 : 300));
            ring.add(frame, most);
            model.addLast(Bytes.of(frame));
            while (model.size() > 5
                    || (model.size() > 1 && model.stream().mapToInt(Bytes::length).sum() > most)) {
                model.removeFirst();
            }

            assertThat(ring.frames()).containsExactlyElementsOf(model);
            assertThat(ring.bytes()).isEqualTo(model.stream().mapToInt(Bytes::length).sum());
        }
    }

    @Test
    void keepsNoReferenceToWhatItWasGiven() {
        FrameRing ring = new FrameRing(2);
        byte[] frame = {1, 2, 3};

        ring.add(frame, 100);
        frame[0] = 9;

        assertThat(ring.frames()).containsExactly(Bytes.of(new byte[] {1, 2, 3}));
    }
}
