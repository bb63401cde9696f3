package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.below;

import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.memory.Scope;
import lyceum.models.sequence.Mamba;
import lyceum.models.sequence.MambaConfig;
import lyceum.models.sequence.RecurrentModel;
import lyceum.models.sequence.Rwkv;
import lyceum.models.sequence.RwkvBlock;
import lyceum.models.sequence.RwkvConfig;
import lyceum.models.sequence.RwkvTimeMix;
import lyceum.models.sequence.XLstm;
import lyceum.models.sequence.XLstmConfig;
import lyceum.nn.Hooks;
import lyceum.nn.Pass;
import lyceum.nn.RecurrentState;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.optim.Clip;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.tensor.Tensor;

/** Three memories of one size: what Mamba lets in, how fast RWKV's channels fade, and what xLSTM's two cells can and cannot keep. */
@Lab(topics = {"mamba", "rwkv", "xlstm"}, title = "Memories of one size")
final class RecurrentStatesLab implements LabBody {

    @Override public void run(LabContext lab) {
        int updates = lab.param("updates", 50, 20, 2000), bits = lab.param("longest string learned", 6, 4, 20);
        int blanks = lab.param("steps of a copy task", 10, 6, 32);
        selection(lab, updates, blanks);
        fading(lab);
        parity(lab, updates, bits);
    }

    private static void selection(LabContext lab, int updates, int steps) {
        var model = Mamba.model(new MambaConfig(16).withState(8), 6, 2, lab.rng(1));
        var data = lab.rng(2);
        train(lab, "copying", model, updates, () -> {
            var batch = SequenceTasks.selectiveCopy(data, 16, steps, 3, 4);
            return Loss.crossEntropy(model.forward(batch.x()).narrow(1, steps, 3).reshape(-1, 6), batch.y().reshape(-1));
        });
        var test = SequenceTasks.selectiveCopy(lab.rng(3), 1, steps, 3, 4);
        var hooks = Hooks.of(model);
        var seen = hooks.capture("layers.0.mixer.step");
        model.forward(test.x(), Pass.inference().with(hooks));
        Tensor whole = model.forward(test.x(), Pass.inference());
        var first = model.run(test.x().narrow(1, 0, steps), null, Pass.inference());
        var rest = model.run(test.x().narrow(1, steps, test.x().size(1) - steps), first.state(), Pass.inference()).logits();
        lab.shows("mamba", "logits in two pieces, off those in one", whole.narrow(1, steps, rest.size(1)).sub(rest).abs().max().item(),
                below(1e-4));
        var gates = seen.get("layers.0.mixer.step").get(0);
        Plot figure = Figure.plot("How far Mamba's clock moves at each token");
        for (int c = 0; c < 4; c++) figure = figure.line("channel " + c, 0, gates.select(1, c));
        for (int t = 0; t < steps; t++) if (test.x().itemLong(0, t) < 4) figure = figure.verticalLine(t, "symbol");
        lab.figure(figure.axes("position", "step").describedAs(
                "The step is computed from the token: a large one lets it in and the past fade, a small one leaves the state as it is."));
    }

    private static void fading(LabContext lab) {
        var model = Rwkv.model(new RwkvConfig(32, 2), 20, lab.rng(4));
        Plot figure = Figure.plot("Half-lives of RWKV's channels before training").logY();
        for (int layer = 0; layer < 2; layer++) {
            var decays = ((RwkvTimeMix) ((RwkvBlock) model.layers().get(layer)).attention()).decays();
            figure = figure.line("block " + layer, 0, decays.log().rdiv(-Math.log(2)).neg().abs());
        }
        lab.figure(figure.axes("channel", "positions until half is left")
                .describedAs("Each channel forgets at a rate of its own, from a hundred positions to less than one."));
        RecurrentState state = null;
        for (int t = 0; t < 20; t++) state = model.run(Tensor.of(new long[] {t}, 1, 1), state, Pass.inference()).state();
        lab.say("After 20 tokens the state of both blocks has %d numbers, as many as after the first; keys and values would be %d by now.",
                state.size(), 2 * 2 * 20 * 32);
        lab.shows("rwkv", "numbers of the first state over those after 20 tokens", (double) model.initial(1).size() / state.size(),
                atLeast(1));
    }

    private static void parity(LabContext lab, int updates, int bits) {
        var right = new double[2];
        Plot figure = Figure.plot("Parity of strings longer than those learned");
        for (var cell : XLstmConfig.Cell.values()) {
            var model = XLstm.encoder(new XLstmConfig(8, 2, 1, cell).withKernel(0), 1, 2, lab.rng(5));
            var data = lab.rng(6);
            int[] step = {0};
            train(lab, cell + " memory", model, 2 * updates, () -> {
                var batch = SequenceTasks.parity(data, 64, 1 + step[0]++ % bits);
                return Loss.crossEntropy(model.forward(batch.x()).reshape(-1, 2), batch.y().reshape(-1));
            });
            var test = SequenceTasks.parity(lab.rng(7), 200, 30);
            var hit = Autograd.noGrad(() -> model.forward(test.x()).argmax(-1).eq(test.y()).to(DType.F64).mean(0));
            figure = figure.line(cell == XLstmConfig.Cell.SCALAR ? "sLSTM" : "mLSTM", 1, hit);
            right[cell.ordinal()] = hit.item(29);
            if (cell == XLstmConfig.Cell.MATRIX) filling(lab, model, test.x().narrow(0, 0, 1));
        }
        lab.figure(figure.axes("length", "share right").verticalLine(bits, "longest learned")
                .describedAs("The sLSTM's gates hear what it said before and can flip a bit for ever; the mLSTM's hear the input alone."));
        lab.shows("xlstm", "sLSTM, share right at 30", right[0], above(0.5));
    }

    private static void filling(LabContext lab, RecurrentModel model, Tensor bits) {
        var sizes = new double[30];
        RecurrentState state = null;
        for (int t = 0; t < 30; t++) {
            state = Autograd.noGrad(new Step(model, bits.narrow(1, t, 1), state));
            sizes[t] = Math.log10(state.get("0.c").norm().item()) + state.get("0.m").max().item() / Math.log(10);
        }
        lab.figure(Figure.line("The matrix memory fills", 1, sizes).axes("position", "log10 of the norm")
                .describedAs("Every input writes an outer product; a forget gate below 1 takes a share of what was there."));
    }

    private record Step(RecurrentModel model, Tensor x, RecurrentState before) implements Supplier<RecurrentState> {
        @Override public RecurrentState get() { return model.run(x, before, Pass.inference()).state(); }
    }

    private static void train(LabContext lab, String name, RecurrentModel model, int updates, Supplier<Tensor> loss) {
        var optimizer = new Adam(0.02).over(model.parameters()).clippedBy(Clip.norm(1));
        for (int i : lab.progress(name, updates)) {
            try (var scope = Scope.open("update")) {
                optimizer.zeroGrad();
                loss.get().backward();
                optimizer.step();
            }
        }
    }
}
