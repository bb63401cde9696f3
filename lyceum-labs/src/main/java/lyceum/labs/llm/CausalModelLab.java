package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.SequenceLayout;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** What each position foretells, what a batch's layout lets it see, and a twin without a mask that reads the answers. */
@Lab(topics = "causal-language-model", title = "Nothing from the future")
final class CausalModelLab implements LabBody {

    @Override public void run(LabContext lab) {
        int steps = lab.param("steps", 36, 20, 1000), cheatSteps = lab.param("cheat steps", 48, 30, 500),
                prefix = lab.param("prefix", 4, 0, 12);
        sentence(lab, steps);
        layouts(lab, prefix);
        cheat(lab, cheatSteps);
    }

    private static void sentence(LabContext lab, int steps) {
        var trained = LetterDecoder.trained(lab, 32, steps);
        var model = trained.model();
        var text = "and the sons of";
        int[] ids = text.chars().toArray();
        double[][] p = Autograd.noGrad(() -> model.logits(Tensor.of(ids, 1, ids.length), Pass.inference()).softmax(-1)).get(0).toRows();
        var rows = new ArrayList<List<?>>();
        for (int t = 0; t < ids.length; t++) {
            double[] row = p[t];
            var best = IntStream.range(32, 127).boxed().sorted(Comparator.comparingDouble(i -> -row[i])).limit(4).toList();
            rows.add(List.of(text.substring(0, t + 1), shown(best.get(0), row), shown(best.get(1), row), shown(best.get(2), row),
                    shown(best.get(3), row)));
        }
        lab.table("One pass, " + ids.length + " questions: what comes next", List.of("after", "first", "second", "third", "fourth"), rows);
        int[] edited = ids.clone();
        edited[ids.length - 1] = 'z';
        double[][] q = Autograd.noGrad(() -> model.logits(Tensor.of(edited, 1, ids.length), Pass.inference()).softmax(-1)).get(0).toRows();
        double moved = 0;
        for (int t = 0; t + 1 < ids.length; t++) for (int v = 0; v < 128; v++) moved = Math.max(moved, Math.abs(p[t][v] - q[t][v]));
        lab.shows("largest change of earlier answers when the last letter is edited", moved, exactly(0));
    }

    private static String shown(int id, double[] p) { return (id == ' ' ? "blank" : String.valueOf((char) id)) + " %.2f".formatted(p[id]); }

    private static void layouts(LabContext lab, int prefix) {
        var model = new DecoderLM(DecoderConfig.gpt2(20, 12, 2, 16, 4).withDeviation(0.3), lab.rng(5));
        var layouts = List.of(SequenceLayout.whole(1, 12), SequenceLayout.leftPadded(12, 7), SequenceLayout.packed(5, 3, 4),
                SequenceLayout.whole(1, 12).prefixed(prefix));
        var names = List.of("causal", "left-padded", "packed", "a prefix of " + prefix);
        var figures = new Figure[4];
        for (int i = 0; i < 4; i++) {
            var layout = layouts.get(i);
            var x = Tensor.randn(lab.rng(6), 1, 12, 16).compute();
            var depends = Autograd.jacobian(h -> model.decoder().forward(h, layout, Pass.inference()), x).reshape(12, 16, 12, 16).abs()
                    .sum(new int[] {1, 3}, false);
            figures[i] = Figure.heatmap(names.get(i), depends.gt(0).to(DType.F64)).axes("input", "output");
        }
        lab.figure(Figure.grid("Which outputs depend on which inputs", 2, figures).describedAs(
                "Derivatives of a two-layer decoder. Causal is a triangle, padding sees nothing else, packed documents are triangles of their own, a prefix is a square."));
        var ids = Tensor.randint(lab.rng(7), 0, 20, 1, 12);
        Tensor packed = model.logits(ids, layouts.get(2), Pass.inference()), alone = model.logits(ids.narrow(1, 5, 3), Pass.inference());
        lab.shows("second packed document against a run alone", packed.narrow(1, 5, 3).sub(alone).abs().max().item(), atMost(1e-5));
    }

    private static void cheat(LabContext lab, int steps) {
        double[] causal = losses(lab, steps, 1), peeking = losses(lab, steps, 16);
        lab.figure(Figure.plot("Uniformly random tokens of 8 kinds").line("causal", 1, causal).line("without a mask", 1, peeking)
                .horizontalLine(Math.log(8), "log 8").axes("step", "loss (nats)").describedAs(
                        "Nothing can be learned here. The twin that sees the next token learns all the same; the causal model stays at log 8."));
        double least = Double.POSITIVE_INFINITY;
        for (double v : causal) least = Math.min(least, v);
        lab.shows("lowest loss of the causal model, less log 8", least - Math.log(8), above(-0.01));
        lab.shows("last loss of the twin, less log 8", peeking[steps - 1] - Math.log(8), below(-0.05));
    }

    /** On fresh tokens, before they are learned from. @param prefix how many first positions see each other */
    private static double[] losses(LabContext lab, int steps, int prefix) {
        var model = new DecoderLM(DecoderConfig.gpt2(8, 16, 2, 32, 4), lab.rng(1));
        var adam = new AdamW(3e-3).over(model.parameters());
        var layout = SequenceLayout.whole(64, 16).prefixed(prefix);
        var losses = new double[steps];
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open("step")) {
            var batch = Tensor.randint(lab.rng(100 + step), 0, 8, 64, 16);
            var loss = new CausalLmLoss().of(model.logits(batch, layout, Pass.training(lab.rng(step))), batch);
            losses[step] = loss.item();
            model.zeroGrad();
            loss.backward();
            adam.step();
        }
        return losses;
    }
}
