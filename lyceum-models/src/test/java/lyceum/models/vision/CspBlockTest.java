package lyceum.models.vision;

import static lyceum.testing.Bound.below;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import lyceum.models.vision.detect.CspBlock;
import lyceum.random.Rng;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;

class CspBlockTest {
    private static final Golden GOLDEN = Golden.load("golden/vision_csp.json");

    @Acceptance(topic = "yolo", clause = 2)
    @Test void itEqualsItsPyTorchTwin() {
        Evidence.of("largest gap of values and gradients to the twin, predicting",
                TorchNetwork.gap(GOLDEN.named("inference"), new CspBlock(5, 6, 2, Rng.of(1))), below(1e-5));
        Evidence.of("largest gap to the twin, training", TorchNetwork.gap(GOLDEN.named("training"), new CspBlock(4, 8, 1, Rng.of(1))),
                below(1e-5));
        assertThatThrownBy(() -> new CspBlock(4, 7, 1, Rng.of(1))).isInstanceOf(IllegalArgumentException.class);
    }
}
