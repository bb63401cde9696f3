package lyceum.llm.checkpoint;

import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyFamilies;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of all families against PyTorch transcriptions of them. */
class ModelFolderTest {
    @TempDir Path folder;

    @Acceptance(topic = "decoder-only-transformer", clause = 2)
    @Test void everyFamilyGivesTheLogitsOfItsTranscriptionAndComesBackByteForByte() throws IOException {
        var gap = Gap.absolute();
        int tensors = 0;
        for (var family : TinyFamilies.all()) {
            var expected = family.expected();
            var source = ModelFolder.open(family.folder());
            var model = source.model();
            gap.see(family.name(), model.logits(expected.get("ids"), Pass.inference()).toDoubleArray(), expected.get("logits").toDoubleArray());
            ModelFolder.write(folder.resolve(family.name()), model, source.family(), 12_000);
            var back = ModelFolder.open(folder.resolve(family.name())).tensors();
            var first = source.tensors();
            assertThat(back.keySet()).isEqualTo(first.keySet());
            for (var entry : first.entrySet()) {
                assertThat(bytes(back.get(entry.getKey()))).as(family + " " + entry.getKey()).isEqualTo(bytes(entry.getValue()));
                assertThat(back.get(entry.getKey()).shape()).isEqualTo(entry.getValue().shape());
                tensors++;
            }
        }
        Evidence.of("logits against PyTorch, 17 families", gap, atMost(1e-4));
        Evidence.of("families", TinyFamilies.NAMES.size(), exactly(17));
        Evidence.of("tensors that came back byte for byte", tensors, exactly(490));
    }

    private static byte[] bytes(Tensor t) {
        var c = t.detach().contiguous();
        var v = c.view();
        return v.storage().segment().asSlice(v.byteOffset(), c.count() * c.dtype().bytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test void everyFamilyLearnsAsItsTranscriptionDoes() throws IOException {
        var gap = Gap.relative();
        for (var family : TinyFamilies.all()) {
            var expected = family.expected();
            var model = Module.copy(family.model());
            var adam = new AdamW(1e-2).over(model.parameters());
            for (double loss : expected.get("losses").toDoubleArray()) {
                model.zeroGrad();
                var own = model.loss(expected.get("ids"), Pass.training(Rng.of(1)));
                gap.see(family.name(), own.item(), loss);
                own.backward();
                adam.step();
            }
        }
        assertThat(gap.worst()).as(gap.toString()).isLessThan(1e-4);
    }
}
