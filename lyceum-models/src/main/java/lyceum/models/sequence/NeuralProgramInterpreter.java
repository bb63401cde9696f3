package lyceum.models.sequence;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Embedding;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.LstmCell;
import lyceum.nn.LstmVariant;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network that runs programs: an LSTM reads what the sensors see, the arguments and the running program's embedding, and says whether the program ends, which one is called
 * next (the row of a key-value memory whose key fits best) and with what arguments. Every call has a state of its own, from zero.
 *
 * {@snippet :
 * var language = new AdditionLanguage(true);
 * var network = new NeuralProgramInterpreter(language, 64, rng);
 * Tensor loss = network.loss(language.trace(AdditionLanguage.world(47, 38), AdditionLanguage.ADD).frames(), pass);
 * var pad = AdditionLanguage.world(123_456_789L, 987_654_321L);
 * var trace = network.run(List.of(pad), AdditionLanguage.ADD, 10_000).getFirst();
 * pad.sum();
 * }
 *
 * @see <a href="https://arxiv.org/abs/1511.06279">Reed and de Freitas (2016)</a>
 * @see <a href="https://arxiv.org/abs/1704.06611">Cai, Shin and Song (2017) for recursion</a>
 */
public final class NeuralProgramInterpreter extends Module {
    /**
     * All that a file says of one.
     *
     * @param language of its programs, a record
     * @param units of the LSTM
     */
    public record Plan(ProgramLanguage language, int units) {
        public Plan { Objects.requireNonNull(language, "language"); }

        public NeuralProgramInterpreter build(Rng rng) { return new NeuralProgramInterpreter(language, units, rng); }
    }

    private final ProgramLanguage language;
    private final Linear encoder, encoder_out, end, key;
    private final List<Linear> arguments;
    private final Embedding programs;
    private final Tensor keys;
    private final LstmCell cell;

    /** @param units of the LSTM; what is seen is encoded by twice as many, and encodings, embeddings and keys have half as many */
    public NeuralProgramInterpreter(ProgramLanguage language, int units, Rng rng) {
        if (units < 2) throw new IllegalArgumentException("NeuralProgramInterpreter: " + units + " units; at least 2");
        this.language = language;
        int half = units / 2, count = language.programs().size();
        encoder = new Linear(columns(), 2L * units, rng);
        encoder_out = new Linear(2L * units, half, rng);
        programs = new Embedding(Tensor.randn(rng, count, half).mul(0.5));
        keys = Init.normal(1 / Math.sqrt(half)).sample(rng, DType.F32, count, half).compute().requiresGrad();
        cell = new LstmCell(2 * half, units, new LstmVariant(), true, DType.F32, rng);
        end = new Linear(units, 1, rng);
        key = new Linear(units, half, rng);
        arguments = Arrays.stream(language.arguments()).mapToObj(n -> new Linear(units, n, rng)).toList();
    }

    public ProgramLanguage language() { return language; }

    private int columns() { return Arrays.stream(language.sensors()).sum() + Arrays.stream(language.arguments()).sum(); }

    /** Scores of a step: the end (batch), programs (batch, count), and each argument. */
    private record Step(Tensor end, Tensor programs, List<Tensor> arguments, RecurrentState state) {}

    private Step step(Tensor seen, Tensor program, RecurrentState state, Pass pass) {
        var x = Tensor.concat(1, encoder_out.forward(encoder.forward(seen, pass).relu(), pass).relu(), programs.forward(program, pass));
        var after = cell.step(x, state == null ? cell.initial(seen.size(0)) : state, pass);
        var h = after.get("h");
        return new Step(end.forward(h, pass).squeeze(1), key.forward(h, pass).matmul(keys.transpose()),
                arguments.stream().map(a -> a.forward(h, pass)).toList(), after);
    }

    /** Sensors and arguments as ones and zeros, into a row of {@link #columns}. */
    private void encode(int[] observed, int[] called, float[] into, int at) {
        int[] sensors = language.sensors(), sizes = language.arguments();
        for (int i = 0; i < sensors.length; at += sensors[i++]) into[at + observed[i]] = 1;
        for (int i = 0; i < sizes.length; at += sizes[i++]) into[at + called[i]] = 1;
    }

    /** The mean over all steps of what the end, the next program and its arguments cost. */
    public Tensor loss(List<ProgramLanguage.Frame> frames, Pass pass) {
        if (frames.isEmpty()) throw new IllegalArgumentException("NeuralProgramInterpreter: no frames to learn from");
        int batch = frames.size(), longest = frames.stream().mapToInt(f -> f.decided().size()).max().orElseThrow(), width = columns();
        var program = Tensor.of(frames.stream().mapToLong(ProgramLanguage.Frame::program).toArray());
        RecurrentState state = null;
        Tensor sum = null;
        int steps = 0;
        for (int t = 0; t < longest; t++) {
            var seen = new float[batch * width];
            float[] live = new float[batch], ends = new float[batch], calls = new float[batch];
            var next = new long[batch];
            var wanted = new long[arguments.size()][batch];
            for (int b = 0; b < batch; b++) {
                var frame = frames.get(b);
                if (t >= frame.decided().size()) continue;
                var decision = frame.decided().get(t);
                encode(frame.observed().get(t), frame.arguments(), seen, b * width);
                live[b] = 1;
                steps++;
                if (decision.ends()) ends[b] = 1;
                else {
                    calls[b] = 1;
                    next[b] = decision.program();
                    for (int a = 0; a < wanted.length; a++) wanted[a][b] = decision.arguments()[a];
                }
            }
            var said = step(Tensor.of(seen, batch, width), program, state, pass);
            state = said.state;
            // -log sigmoid of the end's score, or of what speaks against it.
            var cost = said.end.mul(Tensor.of(ends).mul(2.0).sub(1.0)).logSigmoid().neg().mul(Tensor.of(live));
            var called = Tensor.of(calls);
            cost = cost.add(picked(said.programs, next).mul(called));
            for (int a = 0; a < wanted.length; a++) cost = cost.add(picked(said.arguments.get(a), wanted[a]).mul(called));
            sum = sum == null ? cost.sum() : sum.add(cost.sum());
        }
        return sum.div(steps);
    }

    private static Tensor picked(Tensor scores, long[] wanted) {
        return scores.logSoftmax(1).gather(1, Tensor.of(wanted).unsqueeze(1)).squeeze(1).neg();
    }

    /** What a frame decides, and the state after it: frames that saw the same decide the same. */
    private record Known(ProgramLanguage.Decision decision, RecurrentState state) {}

    /**
     * Runs a program in each world, greedily.
     *
     * @param most calls; a run that has more is cut
     */
    public List<ProgramLanguage.Trace> run(List<? extends ProgramLanguage.World> worlds, int program, int most) {
        var known = new HashMap<List<Integer>, Known>();
        var traces = new ArrayList<ProgramLanguage.Trace>();
        for (var world : worlds) traces.add(Autograd.noGrad(() -> language.run(world, program, frame -> decide(frame, known), most)));
        return traces;
    }

    private ProgramLanguage.Decision decide(ProgramLanguage.Frame frame, HashMap<List<Integer>, Known> known) {
        var seen = new ArrayList<Integer>();
        seen.add(frame.program());
        for (int a : frame.arguments()) seen.add(a);
        for (int i = 0; i + 1 < frame.observed().size(); i++) for (int o : frame.observed().get(i)) seen.add(o);
        var before = known.get(seen);
        for (int o : frame.observed().getLast()) seen.add(o);
        return known.computeIfAbsent(seen, _ -> {
            var row = new float[columns()];
            encode(frame.observed().getLast(), frame.arguments(), row, 0);
            var said = step(Tensor.of(row, 1, row.length), Tensor.of(new long[] {frame.program()}), before == null ? null : before.state,
                    Pass.inference());
            var state = said.state.map(Tensor::compute);
            if (said.end.item(0) > 0) return new Known(ProgramLanguage.Decision.END, state);
            int[] found = said.arguments.stream().mapToInt(a -> (int) a.argmax(1).itemLong(0)).toArray();
            return new Known(new ProgramLanguage.Decision((int) said.programs.argmax(1).itemLong(0), found), state);
        }).decision;
    }

    /** The scores of the next program at a first step of program 0. @param seen ones and zeros of sensors and arguments (batch, columns) */
    @Override protected Tensor compute(Tensor seen, Pass pass) {
        return step(seen, Tensor.zeros(DType.I64, seen.size(0)), null, pass).programs;
    }
}
