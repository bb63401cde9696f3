package lyceum.llm;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.llm.checkpoint.T5Checkpoint;
import lyceum.llm.train.SpanCorruption;
import lyceum.memory.Scope;
import lyceum.nn.Activation;
import lyceum.nn.BeamSearch;
import lyceum.nn.Pass;
import lyceum.nn.RelativePosition;
import lyceum.nn.loss.CrossEntropy;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class T5Test {
    private static final Path CHECKPOINTS = Path.of("src/test/resources/checkpoints");

    @Acceptance(topic = "t5", clause = 1)
    @Test void smallHasItsPublishedCount() {
        Evidence.of("T5-small", EncoderDecoderLM.skeleton(EncoderDecoderConfig.t5Small()).parameterCount(), exactly(60_506_624));
        assertThat(EncoderDecoderLM.skeleton(EncoderDecoderConfig.t5Base()).parameterCount()).isEqualTo(222_903_552L);
        assertThat(EncoderDecoderLM.skeleton(EncoderDecoderConfig.t5Large()).parameterCount()).isEqualTo(737_668_096L);
        // T5 1.1 small: 8 layers, 6 heads, 1024 hidden units.
        assertThat(EncoderDecoderLM.skeleton(EncoderDecoderConfig.t5(32_128, 8, 512, 6, 64, 1024).gated()).parameterCount())
                .isEqualTo(76_961_152L);
    }

    @Acceptance(topic = "t5", clause = 2)
    @Test void corruptedTextsHaveThePublishedLengthsAndAreRestored() {
        var corruption = new SpanCorruption(32_099, 1);
        Evidence.of("inputs for 568 tokens", corruption.inputLength(568), exactly(512));
        Evidence.of("targets for 568 tokens", corruption.targetLength(568), exactly(114));
        int wrong = 0, lengths = 0, kept = 0;
        double spans = 0;
        for (int i = 0; i < 1000; i++) {
            var rng = Rng.of(i);
            var ids = new int[568];
            for (int t = 0; t < ids.length; t++) ids[t] = 2 + rng.nextInt(31_000);
            var pair = corruption.of(ids, rng);
            if (pair.input().length != 512 || pair.target().length != 114) lengths++;
            if (!Arrays.equals(merged(pair, 32_099), ids) || !Arrays.equals(corruption.restored(pair), ids)) wrong++;
            // Sentinels: once in each, in the same order, never two in a row of the input.
            int[] there = Arrays.stream(pair.input()).filter(t -> t > 32_000).toArray();
            if (!Arrays.equals(there, Arrays.stream(pair.target()).filter(t -> t > 32_000).toArray()) || there.length != 28) lengths++;
            for (int t = 1; t < 512; t++) if (pair.input()[t] > 32_000 && pair.input()[t - 1] > 32_000) lengths++;
            if (pair.input()[0] <= 32_000) kept++;
            spans += there.length / 1000.0;
        }
        Evidence.of("of 1,000 texts, those with other lengths or sentinels", lengths, exactly(0));
        Evidence.of("those that input and target do not restore", wrong, exactly(0));
        assertThat(kept).isEqualTo(1000);
        assertThat(spans).isBetween(27.999, 28.001);
        assertThat(corruption.rawLength(512)).isEqualTo(568);
    }

    /** By the definition: each sentinel gives way to what follows it in the target up to the next. */
    private static int[] merged(SpanCorruption.Pair pair, int first) {
        var all = new ArrayList<Integer>();
        var target = Arrays.stream(pair.target()).boxed().toList();
        for (int id : pair.input()) {
            if (id == 1) break;
            if (id <= first - 100) all.add(id);
            else for (int t = target.indexOf(id) + 1; target.get(t) != 1 && target.get(t) <= first - 100; t++) all.add(target.get(t));
        }
        return all.stream().mapToInt(i -> i).toArray();
    }

    @Acceptance(topic = "t5", clause = 3)
    @Test void bucketsAreThePublishedOnes() {
        int seen = 0, wrong = 0;
        for (var c : Golden.load("golden/t5-buckets.json").list("cases")) {
            var input = c.at("input");
            long[] own = new RelativePosition.Buckets((int) input.number("count"), (int) input.number("far"), input.flag("both"), true)
                    .buckets(-200, 200);
            double[] theirs = c.doubles("expected.buckets");
            for (int i = 0; i < 401; i++, seen++) if (own[i] != theirs[i]) wrong++;
        }
        Evidence.of("offsets from -200 to 200, of four settings", seen, exactly(4 * 401));
        Evidence.of("in another bucket", wrong, exactly(0));
    }

    @Acceptance(topic = "t5", clause = 4)
    @Test void publishedFilesGiveTheLogitsOfPlainPyTorch() throws IOException {
        Gap logits = Gap.absolute(), gradients = Gap.relativeBeyondOne();
        for (var name : List.of("t5", "t5-v1_1")) {
            var model = T5Checkpoint.read(CHECKPOINTS.resolve(name));
            var expected = Safetensors.read(CHECKPOINTS.resolve(name).resolve("expected.safetensors")).tensors();
            var target = expected.get("target");
            var read = Tensor.concat(1, Tensor.zeros(target.dtype(), 3, 1), target.narrow(1, 0, 14));
            var z = model.logits(expected.get("source"), expected.get("lengths"), read, Pass.inference());
            logits.see(name, z.toDoubleArray(), expected.get("logits").toDoubleArray());
            List<int[]> sources = new ArrayList<>(), targets = new ArrayList<>();
            for (int r = 0; r < 3; r++) {
                int length = expected.get("lengths").get(r).toIntArray()[0];
                sources.add(Arrays.copyOf(expected.get("source").get(r).toIntArray(), length));
                targets.add(target.get(r).toIntArray());
            }
            var loss = model.loss(sources, targets, Pass.inference());
            logits.see(name + " loss", loss.item(), expected.get("loss").item());
            loss.backward();
            var grads = T5Checkpoint.gradients(model);
            for (var entry : expected.entrySet())
                if (entry.getKey().startsWith("grad.")) gradients.see(name + " " + entry.getKey(),
                        grads.get(entry.getKey().substring(5)).toDoubleArray(), entry.getValue().toDoubleArray());
        }
        Evidence.of("logits and losses of T5 and T5 1.1", logits, atMost(1e-4));
        Evidence.of("some gradients, the tables of buckets among them", gradients, atMost(1e-4));
    }

    /** Four tasks over a few words, told by their prefixes. */
    private static final class Tasks {
        final List<String> words = new ArrayList<>(List.of("<pad>", "</s>"));
        final TextToText translation = TextToText.translation("English", "German"), question = TextToText.question(),
                likeness = TextToText.regression("stsb", List.of("sentence1", "sentence2"), 1, 5, 0.2),
                grammar = TextToText.classification("cola", List.of("sentence"), List.of("unacceptable", "acceptable"));

        int[] ids(String text) {
            var parts = text.split(" ");
            var ids = new int[parts.length + 1];
            for (int i = 0; i < parts.length; i++) {
                if (!words.contains(parts[i])) words.add(parts[i]);
                ids[i] = words.indexOf(parts[i]);
            }
            ids[parts.length] = 1;
            return ids;
        }

        String text(int... ids) { return String.join(" ", Arrays.stream(ids).mapToObj(words::get).toList()); }

        /** A pair of those that are learnt, or of the fifth of all sentences that is held out: by its source alone, so that no source is in both. */
        String[] draw(int task, boolean held, Rng rng) {
            while (true) {
                var pair = any(task, rng);
                if (Rng.of(pair[0].hashCode()).nextInt(5) == 0 == held) return pair;
            }
        }

        private String[] any(int task, Rng rng) {
            int[] w = rng.sample(8, 6);
            return switch (task) {
                case 0 -> new String[] {translation.input("w" + w[0] + " w" + w[1] + " w" + w[2]), "v" + w[0] + " v" + w[1] + " v" + w[2]};
                case 1 -> {
                    boolean agrees = rng.nextDouble() < 0.5;
                    yield new String[] {grammar.input("w" + w[0] + " w" + w[1] + " w" + (agrees ? w[0] : w[2])),
                            grammar.target(agrees ? 1 : 0)};
                }
                case 2 -> {
                    // Persons, places and times, in any order.
                    int asked = rng.nextInt(3);
                    var facts = new StringBuilder();
                    for (int kind : rng.permutation(3)) facts.append(facts.isEmpty() ? "" : " ").append("plt".charAt(kind)).append(w[kind]);
                    yield new String[] {question.input(List.of("who", "where", "when").get(asked), facts.toString()),
                            "plt".charAt(asked) + "" + w[asked]};
                }
                default -> {
                    int alike = 0;
                    var other = new StringBuilder();
                    for (int i = 0; i < 3; i++) {
                        boolean same = rng.nextDouble() < 0.5;
                        if (same) alike++;
                        other.append(i == 0 ? "w" : " w").append(w[same ? i : i + 3]);
                    }
                    yield new String[] {likeness.input("w" + w[0] + " w" + w[1] + " w" + w[2], other.toString()),
                            likeness.numeral(1 + 4 * alike / 3.0)};
                }
            };
        }

        /** Share of 250 answers that are right, about sentences that were never learnt. */
        double accuracy(EncoderDecoderLM model, int task, Rng rng) {
            var sources = new ArrayList<int[]>();
            var answers = new ArrayList<String>();
            for (int i = 0; i < 250; i++) {
                var pair = draw(task, true, rng);
                sources.add(ids(pair[0]));
                answers.add(pair[1]);
            }
            var written = model.generate(sources, 5);
            int right = 0;
            for (int i = 0; i < 250; i++) if (text(written.get(i)).equals(answers.get(i))) right++;
            return right / 250.0;
        }
    }

    @Tag("slow")
    @Acceptance(topic = "t5", clause = 5)
    @Test void oneModelLearnsFourTasksByTheirPrefixes() {
        var tasks = new Tasks();
        var rng = Rng.of(2);
        for (int i = 0; i < 400; i++) for (var text : tasks.draw(i % 4, false, rng)) tasks.ids(text);
        var model = new EncoderDecoderLM(EncoderDecoderConfig.t5(tasks.words.size(), 2, 32, 4, 64), Rng.of(1));
        double before = 0;
        for (int task = 0; task < 4; task++) before = Math.max(before, tasks.accuracy(model, task, Rng.of(900 + task)));
        int steps = 1000;
        var optimizer = new Adam(4e-3).over(new ArrayList<>(model.parameters().values()));
        for (int step = 0; step < steps; step++) try (var scope = Scope.open("step")) {
            if (step == steps * 3 / 4) optimizer = new Adam(8e-4).over(new ArrayList<>(model.parameters().values()));
            List<int[]> sources = new ArrayList<>(), targets = new ArrayList<>();
            for (int r = 0; r < 64; r++) {
                var pair = tasks.draw(r % 4, false, rng);
                sources.add(tasks.ids(pair[0]));
                targets.add(tasks.ids(pair[1]));
            }
            optimizer.zeroGrad();
            model.loss(sources, targets, Pass.training(rng.split(step))).backward();
            optimizer.step();
        }
        for (int task = 0; task < 4; task++)
            Evidence.of(List.of("translation", "classification", "question", "regression as text").get(task) + ": share of 250 right",
                    tasks.accuracy(model, task, Rng.of(800 + task)), atLeast(0.95));
        assertThat(before).isLessThan(0.3);
    }

    @Test void generationFromTheCacheIsThatOfWholePasses() throws IOException {
        var model = T5Checkpoint.read(CHECKPOINTS.resolve("t5"));
        var sources = List.of(new int[] {5, 9, 12, 4, 1}, new int[] {7, 3, 1});
        var written = model.generate(sources, 12);
        for (int r = 0; r < 2; r++) {
            var source = Tensor.of(sources.get(r), 1, sources.get(r).length);
            int[] read = {0};
            while (read.length <= 12) {
                int best = 0;
                var last = model.logits(source, null, Tensor.of(read, 1, read.length), Pass.inference()).get(0, read.length - 1)
                        .toDoubleArray();
                for (int v = 0; v < last.length; v++) if (last[v] > last[best]) best = v;
                if (best == 1) break;
                read = Arrays.copyOf(read, read.length + 1);
                read[read.length - 1] = best;
            }
            assertThat(written.get(r)).containsExactly(Arrays.copyOfRange(read, 1, read.length));
        }
        var beams = model.beams(new BeamSearch(3, 0, 12), sources);
        assertThat(beams).hasSize(2);
        assertThat(beams.get(1).getFirst().logProbability()).isGreaterThanOrEqualTo(beams.get(1).getLast().logProbability());
        assertThat(model.generate(List.of(), 3)).isEmpty();
    }

    @Test void foldersAreWrittenAndReadAgain(@TempDir Path folder) throws IOException {
        for (var name : List.of("t5", "t5-v1_1")) {
            var model = T5Checkpoint.read(CHECKPOINTS.resolve(name));
            T5Checkpoint.write(folder.resolve(name), model);
            var again = T5Checkpoint.read(folder.resolve(name));
            assertThat(again.config()).isEqualTo(model.config());
            assertThat(again.loss(List.of(new int[] {4, 1}), List.of(new int[] {3, 1}), Pass.inference()).item())
                    .isEqualTo(model.loss(List.of(new int[] {4, 1}), List.of(new int[] {3, 1}), Pass.inference()).item());
            assertThat(T5Checkpoint.tensors(again).keySet()).containsExactlyInAnyOrderElementsOf(
                    Safetensors.read(CHECKPOINTS.resolve(name).resolve("model.safetensors")).tensors().keySet());
        }
        var json = Files.readString(CHECKPOINTS.resolve("t5/config.json"));
        assertThatThrownBy(() -> T5Checkpoint.config(json.replace("\"t5\"", "\"bert\""))).isInstanceOf(FormatException.class)
                .hasMessageContaining("bert");
        assertThatThrownBy(() -> T5Checkpoint.config(json.replace("\"relu\"", "\"tanh\""))).isInstanceOf(FormatException.class)
                .hasMessageContaining("tanh");
        assertThatThrownBy(() -> T5Checkpoint.config(json.replace("\"d_model\": 16", "\"d_model\": -1")))
                .isInstanceOf(FormatException.class);
        var config = T5Checkpoint.config(json);
        assertThatThrownBy(() -> T5Checkpoint.of(config, Map.of("shared.weight", Tensor.zeros(29, 16))))
                .isInstanceOf(FormatException.class);
        assertThatThrownBy(
                () -> T5Checkpoint.of(config.withEncoderLayers(9), Safetensors.read(CHECKPOINTS.resolve("t5/model.safetensors")).tensors()))
                .isInstanceOf(FormatException.class).hasMessageContaining("missing");
        assertThatThrownBy(() -> T5Checkpoint.of(config.gated(), Safetensors.read(CHECKPOINTS.resolve("t5/model.safetensors")).tensors()))
                .isInstanceOf(FormatException.class).hasMessageContaining("unknown");
    }

    @Test void geluIsExactUnlessItIsGatedOrNew(@TempDir Path folder) throws IOException {
        var json = Files.readString(CHECKPOINTS.resolve("t5/config.json"));
        assertThat(T5Checkpoint.config(json.replace("\"relu\"", "\"gelu\"")).block().activation()).isEqualTo(Activation.GELU);
        assertThat(T5Checkpoint.config(json.replace("\"relu\"", "\"gelu_new\"")).block().activation()).isEqualTo(Activation.GELU_TANH);
        assertThat(T5Checkpoint.config(json.replace("\"relu\"", "\"gated-gelu\"")).block().activation()).isEqualTo(Activation.GELU_TANH);
        for (var kind : List.of("relu", "gelu", "gelu_new", "gated-gelu", "gated-silu", "silu")) {
            var config = T5Checkpoint.config(json.replace("\"relu\"", "\"" + kind + "\""));
            T5Checkpoint.write(folder.resolve(kind), new EncoderDecoderLM(config, Rng.of(1)));
            assertThat(Files.readString(folder.resolve(kind).resolve("config.json"))).contains("\"" + kind + "\"");
        }
        var exact = T5Checkpoint.config(json.replace("\"relu\"", "\"gated-gelu\""))
                .withBlock(T5Checkpoint.config(json.replace("\"relu\"", "\"gated-gelu\"")).block().withActivation(Activation.GELU));
        assertThatThrownBy(() -> T5Checkpoint.write(folder.resolve("exact"), new EncoderDecoderLM(exact, Rng.of(1))))
                .hasMessageContaining("cannot say");
    }

    @Test void tasksAreTextsWithTheirPrefixes() {
        assertThat(TextToText.translation("English", "German").input("That is good."))
                .isEqualTo("translate English to German: That is good.");
        assertThat(TextToText.question().input("Who?", "He.")).isEqualTo("question: Who? context: He.");
        assertThat(TextToText.summary().input("Long.")).isEqualTo("summarize: Long.");
        var cola = TextToText.classification("cola", List.of("sentence"), List.of("unacceptable", "acceptable"));
        assertThat(cola.input("He go.")).isEqualTo("cola sentence: He go.");
        assertThat(cola.label(" acceptable ")).isEqualTo(1);
        assertThat(cola.label("hamburger")).isEqualTo(-1);
        var stsb = TextToText.regression("stsb", List.of("sentence1", "sentence2"), 1, 5, 0.2);
        assertThat(stsb.input("A.", "B.")).isEqualTo("stsb sentence1: A. sentence2: B.");
        assertThat(stsb.numeral(2.57)).isEqualTo("2.6");
        assertThat(stsb.numeral(7)).isEqualTo("5.0");
        assertThat(stsb.number("3.8")).isEqualTo(3.8);
        assertThat(stsb.number("9")).isNaN();
        assertThat(stsb.number("many")).isNaN();
        assertThatThrownBy(() -> stsb.input("A.")).hasMessageContaining("1 parts");
        assertThatThrownBy(() -> stsb.numeral(Double.NaN)).hasMessageContaining("NaN");
        assertThatThrownBy(() -> cola.target(2)).hasMessageContaining("class 2");
        assertThatThrownBy(() -> new SpanCorruption(32_099, 1).of(new int[] {5}, Rng.of(1))).hasMessageContaining("1 ids");
        assertThatThrownBy(() -> new SpanCorruption(32_099, 1).of(new int[] {5, 1, 4}, Rng.of(1))).hasMessageContaining("end mark");
        assertThatThrownBy(() -> new SpanCorruption(1.0, 3, 9, 1)).hasMessageContaining("density of 1.0");
        assertThat(new SpanCorruption(99, 1).of(new int[] {5, 6}, Rng.of(1)).input()).containsExactly(5, 99, 1);
    }

    @Test void padsAreNotForetoldAndShortTargetsCountAsTheyAre() throws IOException {
        var model = T5Checkpoint.read(CHECKPOINTS.resolve("t5"));
        var sources = List.of(new int[] {5, 9, 1}, new int[] {7, 3, 8, 6, 1});
        var targets = List.of(new int[] {4, 4, 9, 1}, new int[] {2, 1});
        double both = model.loss(sources, targets, Pass.inference()).item();
        double a = model.loss(sources.subList(0, 1), targets.subList(0, 1), Pass.inference()).item(),
                b = model.loss(sources.subList(1, 2), targets.subList(1, 2), Pass.inference()).item();
        assertThat(both).isCloseTo((4 * a + 2 * b) / 6, within(1e-5));
        var read = Tensor.of(new int[] {0, 2}, 1, 2);
        assertThat(new CrossEntropy()
                .of(model.logits(Tensor.of(sources.get(1), 1, 5), null, read, Pass.inference()).reshape(2, 29), Tensor.of(new int[] {2, 1}))
                .item()).isCloseTo(b, within(1e-5));
        assertThatThrownBy(() -> model.loss(sources, targets.subList(0, 1), Pass.inference()))
                .hasMessageContaining("2 sources and 1 targets");
        assertThatThrownBy(() -> model.loss(List.of(new int[0]), targets.subList(0, 1), Pass.inference()))
                .hasMessageContaining("source without ids");
    }
}
