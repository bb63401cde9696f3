package lyceum.llm.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.format.Safetensors;
import lyceum.format.SafetensorsIndex;
import lyceum.format.StorageType;
import lyceum.llm.weights.WeightDifference.Kind;
import lyceum.memory.Memory;
import lyceum.random.Rng;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.testing.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightConversionTest {
    @TempDir Path folder;

    private Path source() throws IOException {
        var all = new LinkedHashMap<String, Object>();
        all.put("a.weight", Tensor.randn(Rng.of(1), 4, 6));
        all.put("a.bias", Tensor.randn(Rng.of(2), 4).to(DType.BF16));
        all.put("steps", Tensor.of(3L));
        all.put("small", StorageType.F8_E5M2.store(Tensor.of(0.5f, -2)));
        var path = folder.resolve("in.safetensors");
        Safetensors.write(path, all, Map.of("by", "a test"));
        return path;
    }

    @Test void everyFormatThatIsWrittenHoldsTheSame() throws IOException {
        var source = OpenWeights.open(source());
        assertThat(source.entries().get("small").toString()).isEqualTo("small F8_E5M2 [2], 2 bytes");
        for (var target : List.of("out.safetensors", "out.gguf", "out.pt", "out.npz", "shards")) {
            var path = folder.resolve(target);
            new WeightConversion().withShardBytes(50).write(source, path);
            var written = OpenWeights.open(path);
            assertThat(written.entries()).as(target).hasSize(4);
            for (var d : WeightDifference.of(source, written)) assertThat(d.kind()).as(target + " " + d.name()).isIn(Kind.EQUAL, Kind.TYPE);
        }
        assertThat(OpenWeights.open(folder.resolve("shards")).files()).hasSize(2);
        assertThat(OpenWeights.open(folder.resolve("out.gguf")).metadata()).containsEntry("by", "a test");
        new WeightConversion().withDtype(DType.F16).write(source, folder.resolve("half.pt"));
        var half = OpenWeights.open(folder.resolve("half.pt"));
        assertThat(half.tensor("a.weight").dtype()).isEqualTo(DType.F16);
        assertThat(half.tensor("steps").dtype()).isEqualTo(DType.I64);
    }

    @Test void blocksStayBlocksFromGgufToGguf() throws IOException {
        var values = new LinkedHashMap<String, Object>();
        for (var format : BlockFormat.named())
            if (!format.isFloat()) values.put(format.name(), QuantisedMatrix.of(Tensor.randn(Rng.of(3), 3, 256), format));
        values.put("norm", Tensor.ones(5));
        var settings = new LinkedHashMap<String, Object>(Map.of("tokens", List.of("a", "b"), "n", 7L));
        var from = folder.resolve("a.gguf");
        Gguf.write(from, settings, values);
        new WeightConversion().write(OpenWeights.open(from), folder.resolve("b.gguf"));
        assertThat(Files.mismatch(from, folder.resolve("b.gguf"))).isEqualTo(-1);
        new WeightConversion().write(OpenWeights.open(from), folder.resolve("b.safetensors"));
        var floats = OpenWeights.open(folder.resolve("b.safetensors"));
        assertThat(floats.entries()).hasSize(12);
        for (var d : WeightDifference.of(OpenWeights.open(from), floats)) assertThat(d.kind()).isIn(Kind.EQUAL, Kind.TYPE);
    }

    @Test void differencesAreToldByKind() throws IOException {
        Path a = folder.resolve("a.safetensors"), b = folder.resolve("b.safetensors");
        Safetensors.write(a, new LinkedHashMap<>(Map.of("x", Tensor.of(3.0, 4), "y", Tensor.zeros(2), "s", Tensor.zeros(2), "t",
                Tensor.of(1f), "nan", Tensor.of(Double.NaN), "old", Tensor.zeros(1))), Map.of());
        Safetensors.write(b, new LinkedHashMap<>(Map.of("x", Tensor.of(3.0, 4.5), "y", Tensor.zeros(2), "s", Tensor.zeros(3), "t",
                Tensor.of(1.0), "nan", Tensor.of(Double.NaN), "new", Tensor.zeros(1))), Map.of());
        var kinds = new LinkedHashMap<String, WeightDifference>();
        for (var d : WeightDifference.of(OpenWeights.open(a), OpenWeights.open(b))) kinds.put(d.name(), d);
        assertThat(kinds.get("x").kind()).isEqualTo(Kind.NUMBERS);
        assertThat(kinds.get("x").largest()).isEqualTo(0.5);
        assertThat(kinds.get("x").relative()).isEqualTo(0.1);
        assertThat(List.of("y", "s", "t", "nan", "old", "new").stream().map(n -> kinds.get(n).kind())).containsExactly(Kind.EQUAL,
                Kind.SHAPE, Kind.TYPE, Kind.EQUAL, Kind.ONLY_FIRST, Kind.ONLY_SECOND);
    }

    @Test void numbersAreCountedBySize() {
        var s = WeightStatistics.of(Tensor.of(1.0, 2, 3, 6, Double.NaN, Double.POSITIVE_INFINITY), 5);
        assertThat(new double[] {s.least(), s.greatest(), s.mean(), s.deviation()}).containsExactly(1, 6, 3, Math.sqrt(3.5));
        assertThat(s.notFinite()).isEqualTo(2);
        assertThat(s.histogram()).containsExactly(1, 1, 1, 0, 1);
        assertThat(WeightStatistics.of(Tensor.zeros(70_000), 2).histogram()).containsExactly(70_000, 0);
        assertThat(WeightStatistics.of(Tensor.zeros(0), 2).least()).isNaN();
    }

    @Test void whatCannotBeWrittenIsSaid() throws IOException {
        var weights = OpenWeights.open(source());
        assertThatThrownBy(() -> new WeightConversion().write(weights, folder.resolve("x.onnx"))).hasMessageContaining("a computation");
        assertThatThrownBy(() -> new WeightConversion().write(weights, folder.resolve("x.bmp")))
                .hasMessageContaining("none of .safetensors");
        assertThatThrownBy(() -> new WeightConversion().write(weights, source())).hasMessageContaining("name another file");
        assertThatThrownBy(() -> new WeightConversion(DType.I32, 1)).hasMessageContaining("I32");
    }

    /** Lists of files that an index names: the reader of sharded files. */
    private void indexMutants(int n) throws IOException {
        new WeightConversion().withShardBytes(50).write(OpenWeights.open(source()), folder.resolve("shards"));
        var index = folder.resolve("shards/model.safetensors.index.json");
        var report = Fuzz.of(Files.readAllBytes(index)).allowing(FormatException.class).counting(() -> Memory.stats().inUse()).mutants(n,
                bytes -> assertThat(SafetensorsIndex.files("index", new String(bytes, StandardCharsets.UTF_8)))
                        .noneMatch(name -> name.contains("/")));
        assertThat(report.refused()).isGreaterThan(n / 10);
    }

    @Test void fiveThousandMutantsOfAnIndex() throws IOException { indexMutants(5_000); }

    @Tag("heavy")
    @Test void aHundredThousandMutantsOfAnIndex() throws IOException { indexMutants(100_000); }
}
