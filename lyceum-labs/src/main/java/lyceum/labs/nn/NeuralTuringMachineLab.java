package lyceum.labs.nn;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.nn.NeuralTuringMachine;
import lyceum.nn.NtmConfig;
import lyceum.nn.Pass;
import lyceum.nn.Rnn;
import lyceum.nn.RnnConfig;
import lyceum.nn.TapeAddress;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A tape that is written row by row and read again: first by heads that are told where to go, then by a machine that learns to. */
@Lab(topics = "neural-turing-machine", title = "A tape with a gradient")
final class NeuralTuringMachineLab implements LabBody {
    private static final int BITS = 4;

    @Override public void run(LabContext lab) {
        int rows = lab.param("rows of memory", 10, 6, 32), length = lab.param("length", 6, 2, 20);
        double sharpness = lab.param("sharpness", 1.5, 1.0, 10.0), certainty = lab.param("certainty of a shift", 0.95, 0.4, 1.0);
        int updates = lab.param("updates", 150, 10, 4000);
        told(lab, rows, Math.min(length, rows - 1), sharpness, certainty);
        learned(lab, rows, updates);
    }

    /** Write while walking, find the first row by what stands there, read while walking. */
    private static void told(LabContext lab, int rows, int length, double sharpness, double certainty) {
        var sequence = Tensor.rand(lab.rng(1), length, BITS).lt(0.5).to(DType.F32).compute();
        Tensor memory = Tensor.full(DType.F32, 0.01, 1, rows, BITS + 1), one = Tensor.ones(1, 1),
                at = Tensor.arange(rows).eq(0).to(DType.F32).reshape(1, rows);
        var on = Tensor.of(new float[] {(float) (1 - certainty) / 2, (float) (1 - certainty) / 2, (float) certainty}, 1, 3);
        var walk = new TapeAddress(Tensor.ones(1, BITS + 1), one, one.mul(0), on, one.mul(sharpness));
        // A fifth number marks the row before the first.
        memory = write(memory, at, Tensor.of(new float[] {0, 0, 0, 0, 1}, 1, 1, BITS + 1));
        Tensor[] written = new Tensor[length], read = new Tensor[length], said = new Tensor[length];
        for (int t = 0; t < length; t++) {
            at = walk.weights(memory, at);
            memory = write(memory, at, Tensor.concat(1, sequence.narrow(0, t, 1), Tensor.zeros(1, 1)).unsqueeze(1));
            written[t] = at.flatten();
        }
        var mark = new TapeAddress(Tensor.of(new float[] {0, 0, 0, 0, 1}, 1, BITS + 1), one.mul(30), one, on, one.mul(sharpness));
        for (int t = 0; t < length; t++) {
            at = (t == 0 ? mark : walk).weights(memory, at);
            read[t] = at.flatten();
            said[t] = at.matmul(memory.get(0)).flatten().narrow(0, 0, BITS);
        }
        lab.figure(Figure.row("Where the heads are, told to walk", Figure.heatmap("writing", Tensor.stack(1, written)).axes("step", "row"),
                Figure.heatmap("reading", Tensor.stack(1, read)).axes("step", "row")).describedAs(
                        "Two diagonals: the same rows are visited in the same order. A shift that is less certain blurs them, more sharpness undoes it."));
        double wrong = Tensor.stack(0, said).gt(0.5).to(DType.F32).ne(sequence).to(DType.F64).mean().item();
        lab.shows("told: share of bits read back wrong", wrong, below(0.05));
    }

    private static Tensor write(Tensor memory, Tensor at, Tensor add) {
        return memory.mul(at.unsqueeze(2).rsub(1.0)).add(at.unsqueeze(2).mul(add));
    }

    private static void learned(LabContext lab, int rows, int updates) {
        var config = new NtmConfig(BITS + 1, BITS, rows, 6).withUnits(24);
        var network = new Rnn(new RnnConfig(BITS + 1, BITS), (inputs, r) -> new NeuralTuringMachine(config, r), lab.rng(2));
        var optimizer = new Adam(0.01).over(network.parameters()).clippedBy(Clip.norm(1));
        var losses = new double[updates];
        for (int i : lab.progress("updates", updates)) {
            try (var scope = Scope.open("update")) {
                int n = 1 + i % 3;
                var task = SequenceTasks.copy(lab.rng(100 + i), 32, BITS, n);
                optimizer.zeroGrad();
                var loss = Loss.bce(network.forward(task.x()).narrow(1, n + 1, n), task.y());
                losses[i] = loss.item();
                loss.backward();
                optimizer.step();
            }
        }
        lab.figure(Figure.plot("A machine learns to copy one to three rows").line("loss", 0, losses)
                .axes("update", "cross-entropy of a bit").describedAs(
                        "The loss stays near that of guessing, 0.69, until the heads find out how to walk, then it falls; five hundred updates show it."));
        var task = SequenceTasks.copy(lab.rng(3), 1, BITS, 3);
        var state = network.initial(1);
        var maps = new ArrayList<Tensor>();
        for (int t = 0; t < task.x().size(1); t++) {
            var x = task.x().select(1, t);
            var before = state;
            state = Autograd.noGrad(() -> network.step(x, before, Pass.inference()).state().map(Tensor::compute));
            maps.add(Tensor.stack(0, state.get("l0.write0").flatten(), state.get("l0.read0").flatten()));
        }
        var all = Tensor.stack(2, maps.toArray(Tensor[]::new));
        lab.figure(Figure.row("Where its heads are after " + updates + " updates",
                Figure.heatmap("write head", all.get(0)).axes("step", "row"), Figure.heatmap("read head", all.get(1)).axes("step", "row"))
                .describedAs(
                        "The weights over the rows at each step of copying three rows: a trained machine shows one diagonal in each map."));
        lab.shows("learned: loss at the start over that at the end", losses[0] / losses[updates - 1], above(0.8));
    }
}
