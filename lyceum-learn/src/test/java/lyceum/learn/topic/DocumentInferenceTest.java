package lyceum.learn.topic;

import static org.assertj.core.api.Assertions.assertThat;

import lyceum.math.Special;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;

class DocumentInferenceTest {
    @Test void expDigammaIsTheExponentialOfDigamma() {
        var gap = Gap.relative();
        for (double x = 0.01; x < 300; x *= 1.03) gap.see("x = " + x, DocumentInference.expDigamma(x), Math.exp(Special.digamma(x)));
        assertThat(gap.worst()).isLessThan(2e-13);
    }
}
