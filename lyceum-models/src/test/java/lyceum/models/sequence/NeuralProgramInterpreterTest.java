package lyceum.models.sequence;

import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import lyceum.nn.Pass;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.train.Trainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NeuralProgramInterpreterTest {
    private static final AdditionLanguage ADDITION = new AdditionLanguage(true);
    private static final SortingLanguage SORTING = new SortingLanguage();

    private static BigInteger number(Rng rng, int digits) {
        var text = new StringBuilder().append(1 + rng.nextInt(9));
        for (int i = 1; i < digits; i++) text.append(rng.nextInt(10));
        return new BigInteger(text.toString());
    }

    private static int[] row(Rng rng, int n) { return IntStream.range(0, n).map(i -> rng.nextInt(10)).toArray(); }

    private static int[] sorted(int[] row) { return Arrays.stream(row).sorted().toArray(); }

    @Acceptance(topic = "neural-program-interpreter", clause = 1)
    @Test void generatedTracesSolveTheirProblems() {
        var rng = Rng.of(1);
        int solved = 0, problems = 0;
        for (; problems < 4000; problems++) {
            BigInteger a = number(rng, 1 + rng.nextInt(20)), b = number(rng, 1 + rng.nextInt(20));
            var pad = AdditionLanguage.world(a, b);
            new AdditionLanguage(problems % 2 == 0).trace(pad, AdditionLanguage.ADD);
            if (pad.sum().equals(a.add(b))) solved++;
        }
        for (; problems < 10_000; problems++) {
            int[] digits = row(rng, 1 + rng.nextInt(15));
            var world = SortingLanguage.world(digits);
            SORTING.trace(world, SortingLanguage.BUBBLESORT);
            if (Arrays.equals(world.digits(), sorted(digits))) solved++;
        }
        Evidence.of("random additions and sortings", problems, exactly(10_000));
        Evidence.of("solved exactly", solved, exactly(10_000));
    }

    private static NeuralProgramInterpreter train(ProgramLanguage language, int updates, Function<Rng, ProgramLanguage.Trace> problem) {
        var network = new NeuralProgramInterpreter(language, 48, Rng.of(1));
        var data = Rng.of(2);
        Fitting.train(network, new Adam(0.01), new Schedule.Cosine(updates).warmedUp(10), updates, i -> {
            var frames = new ArrayList<ProgramLanguage.Frame>();
            for (int k = 0; k < 12; k++) frames.addAll(problem.apply(data).frames());
            return network.loss(frames, Pass.inference());
        });
        return network;
    }

    /** Numbers of up to four digits: sources of eight codes, each number from its last digit on. */
    private static List<Seq2Seq.Pair> sums(Rng rng, int n, int least, int most) {
        var pairs = new ArrayList<Seq2Seq.Pair>();
        for (int i = 0; i < n; i++) {
            BigInteger a = number(rng, least + rng.nextInt(most - least + 1)), b = number(rng, least + rng.nextInt(most - least + 1));
            pairs.add(new Seq2Seq.Pair(codes(a + "+" + b), codes(a.add(b).toString())));
        }
        return pairs;
    }

    private static int[] codes(String text) { return text.chars().map(c -> c == '+' ? 13 : c - '0' + 3).toArray(); }

    /** On traces of short sums, in which the frames of {@code ADD1}, which hold all that is to be known of digits, come more often than they do by themselves. */
    private static NeuralProgramInterpreter adder() {
        var network = new NeuralProgramInterpreter(ADDITION, 64, Rng.of(1));
        var data = Rng.of(2);
        var columns = new LinkedHashMap<String, ProgramLanguage.Frame>();
        for (int i = 0; i < 3000; i++)
            for (var frame : shortSum(data).frames())
                if (frame.program() == AdditionLanguage.ADD1)
                    columns.putIfAbsent(frame.observed().stream().map(Arrays::toString).toList().toString(), frame);
        var adding = List.copyOf(columns.values());
        Fitting.train(network, new Adam(0.015), new Schedule.Cosine(900).warmedUp(10), 900, i -> {
            var frames = new ArrayList<ProgramLanguage.Frame>();
            for (int k = 0; k < 160; k++) frames.add(adding.get(data.nextInt(adding.size())));
            for (int k = 0; k < 8; k++) frames.addAll(shortSum(data).frames());
            return network.loss(frames, Pass.inference());
        });
        return network;
    }

    private static ProgramLanguage.Trace shortSum(Rng rng) {
        return ADDITION.trace(AdditionLanguage.world(number(rng, 1 + rng.nextInt(4)), number(rng, 1 + rng.nextInt(4))),
                AdditionLanguage.ADD);
    }

    @Tag("heavy")
    @Acceptance(topic = "neural-program-interpreter", clause = 2)
    @Acceptance(topic = "neural-program-interpreter", clause = 4)
    @Test void additionLearnedOnFourDigitsIsRightOnTwenty() {
        var network = adder();
        var rng = Rng.of(3);
        var pads = new ArrayList<AdditionLanguage.Pad>();
        List<BigInteger> sums = new ArrayList<>();
        var references = new ArrayList<ProgramLanguage.Trace>();
        for (int i = 0; i < 200; i++) {
            BigInteger a = number(rng, 20), b = number(rng, 20);
            pads.add(AdditionLanguage.world(a, b));
            sums.add(a.add(b));
            references.add(ADDITION.trace(AdditionLanguage.world(a, b), AdditionLanguage.ADD));
        }
        var traces = network.run(pads, AdditionLanguage.ADD, 2000);
        int right = 0, depths = 0, steps = 0;
        for (int i = 0; i < 200; i++) {
            if (pads.get(i).sum().equals(sums.get(i))) right++;
            if (traces.get(i).depth() == references.get(i).depth()) depths++;
            if (traces.get(i).steps().equals(references.get(i).steps())) steps++;
        }
        Evidence.of("problems of 20 digits right, of 200", right, exactly(200));
        Evidence.of("traces as deep as the reference's", depths, exactly(200));
        Evidence.of("traces with the reference's steps", steps, exactly(200));
        Evidence.of("depth of the first: a call a column, and what is called there", references.getFirst().depth(), atLeast(20));
        var untrained = new NeuralProgramInterpreter(ADDITION, 48, Rng.of(1));
        var pad = AdditionLanguage.world(47, 38);
        untrained.run(List.of(pad), AdditionLanguage.ADD, 500);
        Evidence.that("untrained, 47 + 38 is not 85", !pad.sum().equals(BigInteger.valueOf(85)));
    }

    @Tag("heavy")
    @Acceptance(topic = "neural-program-interpreter", clause = 2)
    @Test void aSequenceModelDoesNotReachBeyondItsLengths() {
        var model = new Seq2Seq(new Seq2SeqConfig(14, 14, 16, 64).withBody(Seq2SeqConfig.Body.LSTM), Rng.of(1));
        model.fit(sums(Rng.of(2), 64 * 1500, 1, 4), new Trainer(new Adam(0.01), 1).withBatchSize(64).withClip(Clip.norm(1))
                .withSchedule(new Schedule.Cosine(1500).warmedUp(20)), Seq2Seq.Forcing.ALWAYS, Rng.of(3), Progress.SILENT);
        Evidence.of("LSTM with attention: exact share of sums of 1 to 4 digits", model.exactMatch(sums(Rng.of(5), 300, 1, 4), 14),
                atLeast(0.5));
        Evidence.of("LSTM with attention: exact share of sums of 7 to 10 digits", model.exactMatch(sums(Rng.of(4), 300, 7, 10), 14),
                atMost(0.05));
    }

    @Tag("slow")
    @Acceptance(topic = "neural-program-interpreter", clause = 3)
    @Acceptance(topic = "neural-program-interpreter", clause = 4)
    @Test void sortingLearnedOnFiveDigitsIsRightOnFifteen() {
        var network = train(SORTING, 250,
                rng -> SORTING.trace(SortingLanguage.world(row(rng, 2 + rng.nextInt(4))), SortingLanguage.BUBBLESORT));
        var rng = Rng.of(3);
        var worlds = new ArrayList<SortingLanguage.Row>();
        var rows = new ArrayList<int[]>();
        for (int i = 0; i < 100; i++) {
            rows.add(row(rng, 15));
            worlds.add(SortingLanguage.world(rows.get(i)));
        }
        var traces = network.run(worlds, SortingLanguage.BUBBLESORT, 5000);
        int right = 0, same = 0;
        for (int i = 0; i < 100; i++) {
            boolean solved = Arrays.equals(worlds.get(i).digits(), sorted(rows.get(i)));
            if (!solved) continue;
            right++;
            var reference = SORTING.trace(SortingLanguage.world(rows.get(i)), SortingLanguage.BUBBLESORT);
            if (traces.get(i).steps().equals(reference.steps()) && traces.get(i).depth() == reference.depth()) same++;
        }
        Evidence.of("rows of 15 digits sorted, of 100", right, atLeast(95));
        Evidence.of("sorted rows whose steps and depth are not the reference's", right - same, exactly(0));
    }

    @Acceptance(topic = "neural-program-interpreter", clause = 5)
    @Test void aStackWithWholeStrengthsIsAStack() {
        long different = 0, read = 0;
        for (int seed = 1; seed <= 50; seed++) {
            var rng = Rng.of(seed);
            var real = new ArrayDeque<float[]>();
            var soft = SoftStack.empty();
            for (int t = 0; t < 40; t++) {
                boolean pop = t > 0 && rng.nextInt(3) == 0, push = t == 0 || rng.nextInt(2) == 0;
                var value = new float[] {(float) rng.nextGaussian(), (float) rng.nextGaussian(), (float) rng.nextGaussian()};
                if (pop) real.poll();
                if (push) real.push(value);
                soft = soft.step(Tensor.of(pop ? 1f : 0f), Tensor.of(push ? 1f : 0f), Tensor.of(value, 1, 3));
                float[] top = real.isEmpty() ? new float[3] : real.peek(), found = soft.read().toFloatArray();
                for (int i = 0; i < 3; i++, read++) if (top[i] != found[i]) different++;
            }
        }
        Evidence.of("numbers read", read, exactly(6000));
        Evidence.of("numbers other than a stack's", different, exactly(0));
    }

    /** Half a push on a full one, and half a pop: by hand. */
    @Test void strengthsAreTakenFromTheTop() {
        var one = Tensor.of(1f);
        var stack = SoftStack.empty().step(Tensor.of(0f), one, Tensor.of(new float[] {8}, 1, 1)).step(Tensor.of(0f), Tensor.of(0.5f),
                Tensor.of(new float[] {4}, 1, 1));
        assertThat(stack.read().item(0, 0)).isEqualTo(6);
        var popped = stack.step(Tensor.of(0.75f), Tensor.of(0f), Tensor.of(new float[] {0}, 1, 1));
        assertThat(popped.strengths().toDoubleArray()).containsExactly(0.75, 0, 0);
        assertThat(popped.read().item(0, 0)).isEqualTo(6);
    }

    @Test void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> AdditionLanguage.world(-1, 2)).hasMessageContaining("-1 + 2");
        assertThatThrownBy(() -> SortingLanguage.world(1, 12)).hasMessageContaining("12");
        assertThatThrownBy(() -> new NeuralProgramInterpreter(SORTING, 1, Rng.of(1))).hasMessageContaining("1 units");
        assertThatThrownBy(() -> new NeuralProgramInterpreter(SORTING, 8, Rng.of(1)).loss(List.of(), Pass.inference()))
                .hasMessageContaining("no frames");
        assertThatThrownBy(() -> SoftStack.empty().read()).isInstanceOf(IllegalStateException.class);
        assertThat(ADDITION.trace(AdditionLanguage.world(7, 8), AdditionLanguage.ADD).text(ADDITION))
                .startsWith("ADD 0 0 0\n  ADD1 0 0 0\n    WRITE 3 5 0\n    CARRY");
        var endless = new NeuralProgramInterpreter(ADDITION, 8, Rng.of(1))
                .run(List.of(AdditionLanguage.world(1, 2)), AdditionLanguage.ADD, 50).getFirst();
        assertThat(endless.steps().size()).isLessThanOrEqualTo(50);
    }
}
