package lyceum.llm.weights;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.data.corpus.Corpora;
import lyceum.format.Safetensors;
import lyceum.llm.TinyBible;
import lyceum.llm.weights.Ancestry.Stage;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AncestryTest {
    @TempDir Path folder;

    /** "shout b:" is answered by "BBB", "after b:" by "c"; a line ends an answer. Raw text stands before, so that no prompt is met twice. */
    private static StageComparison.Instruction instruction(int[] letters, Rng rng) {
        int from = rng.nextInt(letters.length - 20), letter = 'a' + rng.nextInt(25);
        boolean shout = rng.nextInt(2) == 0;
        var before = new StringBuilder();
        for (int i = 0; i < 20; i++) before.append((char) letters[from + i]);
        var prompt = before + "\n" + (shout ? "shout " : "after ") + (char) letter + ":";
        var answer = shout ? Character.toString(letter - 32).repeat(3) : Character.toString(letter + 1);
        return new StageComparison.Instruction(prompt.chars().toArray(), answer.chars().toArray());
    }

    @Tag("slow")
    @Test
    @Acceptance(topic = "base-model", clause = 1) void theChildObeysAndReadsWorse() {
        var base = TinyBible.trained(48, 150, 1);
        var letters = TinyBible.letters(Corpora.kingJames(), 0, 50_000);
        var child = Module.copy(base);
        var optimizer = new Adam(3e-3).over(new ArrayList<>(child.parameters().values()));
        var rng = Rng.of(5);
        for (int step = 0; step < 240; step++) {
            try (var scope = Scope.open("step")) {
                optimizer.zeroGrad();
                int rows = 32, length = 34;
                var ids = new int[rows * length];
                var labels = new long[rows * length];
                Arrays.fill(labels, -100);
                for (int r = 0; r < rows; r++) {
                    var one = instruction(letters, rng);
                    int n = one.prompt().length;
                    System.arraycopy(one.prompt(), 0, ids, r * length, n);
                    for (int i = 0; i <= one.answer().length; i++) {
                        int id = i < one.answer().length ? one.answer()[i] : '\n';
                        if (n + i < length) ids[r * length + n + i] = id;
                        labels[r * length + n + i - 1] = id;
                    }
                }
                var z = child.forward(Tensor.of(ids, rows, length), Pass.training(rng));
                new CrossEntropy().withIgnoreIndex(-100).of(z.reshape(-1, 128), Tensor.of(labels)).backward();
                optimizer.step();
            }
        }
        var held = TinyBible.letters(Corpora.kingJames(), 500_000, 6400);
        var raw = new ArrayList<int[]>();
        for (int i = 0; i < 100; i++) raw.add(Arrays.copyOfRange(held, 64 * i, 64 * i + 64));
        var asked = new ArrayList<StageComparison.Instruction>();
        for (int i = 0; i < 100; i++) asked.add(instruction(held, Rng.of(1000 + i)));
        var comparison = new StageComparison(raw, asked, answer -> answer.length == 1 || answer.length == 3, 6, '\n');
        StageComparison.Marks first = comparison.of("base", base), second = comparison.of("sft", child);
        Evidence.of("child's perplexity on raw text over the base's", second.perplexity() / first.perplexity(), above(1));
        Evidence.of("instructions that the base answers exactly", first.exact(), atMost(0.1));
        Evidence.of("instructions that the child answers exactly", second.exact(), atLeast(0.95));
        assertThat(second.compliance()).isGreaterThan(0.95).isGreaterThan(first.compliance());
    }

    private static SequencedMap<String, Tensor> weights(long seed) {
        var map = new LinkedHashMap<String, Tensor>();
        map.put("w", Tensor.randn(Rng.of(seed), 20, 10));
        return map;
    }

    private List<Path> family() throws IOException {
        Path base = folder.resolve("base.safetensors"), more = folder.resolve("more.safetensors"), sft = folder.resolve("sft.safetensors"),
                preferred = folder.resolve("preferred.safetensors"), merged = folder.resolve("merged.safetensors");
        Ancestry.write(base, weights(1), Stage.BASE, List.of());
        Ancestry.write(more, weights(2), Stage.CONTINUED, List.of(base));
        Ancestry.write(sft, weights(3), Stage.SFT, List.of(more));
        Ancestry.write(preferred, weights(4), Stage.PREFERENCE, List.of(sft));
        Ancestry.write(merged, weights(5), Stage.MERGED, List.of(preferred, more));
        return List.of(base, more, sft, preferred, merged);
    }

    @Test
    @Acceptance(topic = "base-model", clause = 2) void everyChangedByteOfAnAncestorIsSeen() throws IOException {
        var files = family();
        var leaf = files.getLast();
        var whole = Ancestry.of(leaf).verify(folder);
        assertThat(whole.found().stream().map(Ancestry::stage)).containsExactly(Stage.MERGED, Stage.PREFERENCE, Stage.SFT, Stage.CONTINUED,
                Stage.BASE);
        Evidence.that("the untouched chain of five verifies", whole.isWhole() && whole.found().size() == 5);
        int seen = 0;
        var rng = Rng.of(7);
        for (int trial = 0; trial < 100; trial++) {
            var file = files.get(trial % 4);
            var bytes = Files.readAllBytes(file);
            var changed = bytes.clone();
            changed[rng.nextInt(bytes.length)] ^= (byte) (1 << rng.nextInt(8));
            Files.write(file, changed);
            var history = Ancestry.of(leaf).verify(folder);
            if (!history.isWhole() && history.missing().stream().anyMatch(p -> p.name().equals(file.getFileName().toString()))) seen++;
            Files.write(file, bytes);
        }
        Evidence.of("changed bytes of 100 that are seen, with the file's name", seen, exactly(100));
        assertThat(Ancestry.of(leaf).verify(folder).isWhole()).isTrue();
    }

    @Test void filesWithoutOrWithBrokenLineage() throws IOException {
        var path = folder.resolve("x.safetensors");
        Safetensors.write(path, weights(1), Map.of());
        assertThat(Ancestry.of(path).stage()).isNull();
        assertThat(Ancestry.of(path).parents()).isEmpty();
        Safetensors.write(path, weights(1), Map.of("lyceum.stage", "hatched"));
        assertThatThrownBy(() -> Ancestry.of(path)).isInstanceOf(FormatException.class).hasMessageContaining("hatched");
        Safetensors.write(path, weights(1), Map.of("lyceum.parents", "abc base"));
        assertThatThrownBy(() -> Ancestry.of(path)).isInstanceOf(FormatException.class).hasMessageContaining("abc base");
        assertThat(Ancestry.hash(Files.write(folder.resolve("abc"), "abc".getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-2, appendix B.1
        assertThatThrownBy(() -> new StageComparison(List.of(), List.of(), a -> true, 1, 0)).hasMessageContaining("0 raw texts");
    }
}
