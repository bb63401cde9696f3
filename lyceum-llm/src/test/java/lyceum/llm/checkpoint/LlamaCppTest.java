package lyceum.llm.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderLM;
import lyceum.llm.TinyFamilies;
import lyceum.nn.Linear;
import lyceum.nn.Pass;
import lyceum.nn.QuantisedWeight;
import lyceum.tensor.QuantisedMatrix;
import lyceum.tensor.Tensor;
import lyceum.testing.Golden;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The same files by llama.cpp, which tools/golden/llm_llamacpp.py asked. */
class LlamaCppTest {
    private static final Golden GOLDEN = Golden.load("golden/llamacpp.json"), WIDE = Golden.load("golden/llamacpp-wide.json");
    private static final double KL = 1e-3, MARGIN = 0.05;
    /** llama.cpp looks their GELU up in a table of halves: its own logits are so far from PyTorch's, to which ours are near (GgufModelTest). */
    private static final double ROUGH = 3e-3;
    private static final Set<String> GELU = Set.of("gpt2", "gpt-neox", "phi", "gemma", "gemma2", "gemma3");

    @TempDir Path folder;

    static Stream<String> families() { return GOLDEN.cases("family ").stream().map(c -> c.text("name").substring("family ".length())); }

    private static double[][] logits(DecoderLM model, int[] ids) {
        return Autograd.noGrad(() -> model.logits(Tensor.of(ids, 1, ids.length), Pass.inference()).to(DType.F64).get(0).toRows());
    }

    @ParameterizedTest
    @MethodSource("families") void logitsOfEveryFamilyAreLlamaCpps(String name) throws IOException {
        var golden = GOLDEN.named("family " + name);
        var file = Gguf.read(new TinyFamilies(name).folder().resolve("model.gguf"));
        double[][] expected = golden.matrix("expected.logits");
        for (var model : List.of(GgufModel.read(file), GgufModel.ready(file))) {
            double[][] found = logits(model, golden.ints("input.ids"));
            double gap = 0;
            for (int t = 0; t < expected.length; t++)
                for (int id = 0; id < expected[t].length; id++) gap = Math.max(gap, Math.abs(found[t][id] - expected[t][id]));
            assertThat(gap).as(name).isLessThan(GELU.contains(name) ? ROUGH : 1e-4);
        }
    }

    @Test void thereIsAFileOfEveryFamilyThatLlamaCppHas() {
        var without = TinyFamilies.NAMES.stream().filter(n -> families().noneMatch(n::equals)).toList();
        assertThat(without).containsExactly("gpt1");
    }

    static Stream<Arguments> types() {
        return Stream.of("llama", "qwen3").flatMap(architecture -> Stream.of("F32", "F16", "Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K")
                .map(type -> Arguments.of(architecture, type)));
    }

    /** On the file's blocks with activations in eight bits, as llama.cpp computes, and by floats. */
    @ParameterizedTest
    @MethodSource("types") void predictionsOfEveryTypeAreLlamaCpps(String architecture, String type) throws IOException {
        var golden = GOLDEN.named("type " + architecture + " " + type);
        var file = file(architecture, type, golden, RecipeModel.SPREAD);
        var ready = GgufModel.ready(file);
        assertThat(ready.head().stored() instanceof QuantisedWeight).isEqualTo(!type.equals("F32"));
        int judged = judged(ready, golden, type) + judged(GgufModel.read(file), golden, type);
        assertThat(judged).as("rows whose likeliest id leads by more than %s", MARGIN).isGreaterThanOrEqualTo(4);
    }

    /** Weights twice as wide, by which activations rounded otherwise than llama.cpp rounds them lead elsewhere. */
    @ParameterizedTest
    @MethodSource("types") void predictionsOfWideWeightsAreLlamaCpps(String architecture, String type) throws IOException {
        var golden = WIDE.named("type " + architecture + " " + type);
        assertThat(judged(GgufModel.ready(file(architecture, type, golden, 2 * RecipeModel.SPREAD)), golden, type)).isPositive();
    }

    private Gguf file(String architecture, String type, Golden golden, double spread) throws IOException {
        var path = folder.resolve("m.gguf");
        new RecipeModel(architecture, type, golden.integer("input.seed"), spread).write(path);
        return Gguf.read(path);
    }

    /** Rows whose likeliest id leads clearly, so that it is ours as well. */
    private static int judged(DecoderLM model, Golden golden, String type) {
        int every = golden.integer("input.every"), judged = 0;
        double[][] expected = golden.matrix("expected.logits"), found = logits(model, golden.ints("input.ids"));
        for (int row = 0; row < expected.length; row++) {
            double[] ours = found[every * (row + 1) - 1], theirs = expected[row];
            if (type.equals("F32")) assertThat(ours).containsExactly(theirs, Offset.offset(1e-4));
            assertThat(divergence(theirs, ours)).as("KL at row %s", row).isLessThanOrEqualTo(KL);
            var sorted = theirs.clone();
            Arrays.sort(sorted);
            if (sorted[sorted.length - 1] - sorted[sorted.length - 2] <= MARGIN) continue;
            judged++;
            assertThat(largest(ours)).isEqualTo(largest(theirs));
        }
        return judged;
    }

    private static double divergence(double[] theirs, double[] ours) {
        double a = logSum(theirs), b = logSum(ours), sum = 0;
        for (int i = 0; i < ours.length; i++) sum += Math.exp(theirs[i] - a) * (theirs[i] - a - ours[i] + b);
        return sum;
    }

    private static double logSum(double[] z) {
        double top = Arrays.stream(z).max().orElseThrow();
        return top + Math.log(Arrays.stream(z).map(x -> Math.exp(x - top)).sum());
    }

    private static int largest(double[] z) {
        int best = 0;
        for (int i = 1; i < z.length; i++) if (z[i] > z[best]) best = i;
        return best;
    }

    /** Blocks that llama_model_quantize made: the flat formats bit for bit, and no worse an error where a scale is searched for. */
    @ParameterizedTest
    @CsvSource({"Q8_0, true", "Q4_0, true", "Q4_K, false", "Q5_K, false", "Q6_K, false"})
    void blocksAreThoseOfLlamaModelQuantize(
            String type, boolean same) throws IOException {
        var golden = GOLDEN.named("blocks " + type);
        var path = folder.resolve("f.gguf");
        new RecipeModel("llama", "F32", golden.integer("input.seed")).write(path);
        int rows = golden.integer("input.rows");
        Tensor weights = Gguf.read(path).tensor("blk.0.ffn_down.weight").narrow(0, 0, rows);
        var format = BlockFormat.named().stream().filter(f -> f.name().equals(type)).findFirst().orElseThrow();
        var ours = QuantisedMatrix.of(weights, format);
        byte[] bytes = HexFormat.of().parseHex(golden.text("expected.bytes"));
        var theirs = QuantisedMatrix.on(MemorySegment.ofArray(bytes), format, rows, RecipeModel.WIDTH);
        if (same) assertThat(ours.segment().mismatch(theirs.segment())).isEqualTo(-1);
        double own = error(ours, weights), other = error(theirs, weights);
        assertThat(own).as("error beside %s", other).isLessThanOrEqualTo(1.02 * other);
        assertThat(other).isPositive();
    }

    private static double error(QuantisedMatrix matrix, Tensor weights) {
        return Math.sqrt(matrix.dequantise().sub(weights).square().mean().item());
    }

    @Test void layersAndTokensStayInTheFilesBlocks() throws IOException {
        var path = folder.resolve("m.gguf");
        new RecipeModel("llama", "Q8_0", 5).write(path);
        var ready = GgufModel.ready(Gguf.read(path));
        assertThat(ready.modules().values().stream().filter(m -> m instanceof Linear l && l.stored() instanceof QuantisedWeight))
                .hasSize(15);
        assertThat(ready.state().keySet()).allMatch(n -> n.endsWith("norm.weight")).hasSize(5);
    }
}
