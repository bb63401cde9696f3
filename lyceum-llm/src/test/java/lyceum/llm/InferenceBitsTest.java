package lyceum.llm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Where nobody records, norms, gates, rotations, sums and products are one operation each: every family gives the bits of the recorded pass. */
class InferenceBitsTest {
    @Test void everyFamilyGivesTheBitsOfTheRecordedPass() throws IOException {
        int compared = 0;
        for (var family : Stream.concat(TinyFamilies.all().stream(), TinyFamilies.latent().stream()).toList()) {
            var model = family.model();
            for (int batch : new int[] {1, 2, 5}) {
                var ids = Tensor.randint(Rng.of(batch), 0, 23, batch, 12);
                var recorded = model.logits(ids, Pass.inference());
                assertThat(recorded.isTracked()).isTrue();
                assertThat(Autograd.noGrad(() -> model.logits(ids, Pass.inference())).toDoubleArray()).as(family + ", batch " + batch)
                        .isEqualTo(recorded.toDoubleArray());
                compared++;
            }
        }
        assertThat(compared).isEqualTo(57);
    }
}
