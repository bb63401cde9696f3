package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import lyceum.autograd.Autograd;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedModelTest {
    @TempDir Path folder;

    @Test void everyArchitectureComesBackFromItsFolder() throws Exception {
        var failed = new java.util.ArrayList<String>();
        for (var kind : Architectures.all().values()) try {
            comesBack(kind);
        } catch (Throwable e) {
            failed.add(kind.name() + ": " + e);
            var t = e.getStackTrace();
            for (int i = 0; i < Math.min(6, t.length); i++) failed.add("    " + t[i]);
        }
        assertThat(failed.stream().collect(java.util.stream.Collectors.joining("\n"))).isEmpty();
    }

    private <C extends Record, M extends lyceum.nn.Module> void comesBack(Architecture<C, M> kind) throws Exception {
        var example = kind.example();
        var model = kind.build(example.config(), Rng.of(1));
        var x = example.inputs().of(2, Rng.of(2));
        new SavedModel(model, example.config()).save(folder.resolve(kind.name()));
        var read = SavedModel.load(folder.resolve(kind.name()));
        assertThat(read.config()).isEqualTo(example.config());
        var same = read.model(kind.model());
        var before = Autograd.noGrad(() -> example.outputs().of(model, x, Pass.inference()));
        var after = Autograd.noGrad(() -> example.outputs().of(same, x, Pass.inference()));
        assertThat(after.toDoubleArray()).as(kind.name()).isEqualTo(before.toDoubleArray());
        assertThat(same.parameters().keySet()).isEqualTo(model.parameters().keySet());
    }
}
