package lyceum.labs.llm;

import static lyceum.labs.Bounds.equalTo;

import java.util.Arrays;
import lyceum.autograd.Autograd;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.TransformerXl;
import lyceum.nn.Pass;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** One letter is changed; which outputs notice, after one block, after two, after three? */
@Lab(topics = "transformer-xl", title = "How far back can it see?")
final class TransformerXlLab implements LabBody {
    @Override public void run(LabContext lab) {
        int layers = lab.param("blocks", 4, 1, 6);
        int segment = lab.param("segment", 4, 1, 8);
        int place = lab.param("changed letter", 2, 0, 7);
        boolean sameLength = lab.flag("queries see equally many", false);
        int segments = layers + 3, length = segments * segment, at = Math.min(place, segment - 1);
        double[][] change = new double[layers][length];
        var reach = new double[layers];
        for (int n = 1; n <= layers; n++) {
            var config = TransformerXl.config(20, n, 16, 2, 32).withDeviation(0.3);
            var model = new TransformerXl(config, segment, segment, sameLength, lab.rng(1));
            int[] text = Tensor.randint(lab.rng(2), 0, 20, length).toIntArray(), other = text.clone();
            other[at] = (other[at] + 7) % 20;
            var moved = difference(model, text, other);
            for (int t = 0; t < length; t++) {
                change[n - 1][t] = moved[t] == 0 ? 0 : Math.max(0.1, Math.log10(moved[t]) + 8); // powers of ten above rounding
                if (moved[t] > 0) reach[n - 1] = t;
            }
        }
        var rows = new String[layers];
        Arrays.setAll(rows, n -> n + 1 + (n == 0 ? " block" : " blocks"));
        var columns = new String[length];
        Arrays.setAll(columns, t -> t / segment + "." + t % segment);
        lab.figure(Figure.heatmap("Outputs that notice the letter at 0." + at, change, rows, columns).axes("segment.place", "model")
                .describedAs(
                        "Size of the change as powers of ten above rounding; 0 where an output is the same to the bit. Each block reaches one segment further."));
        for (int n = 1; n <= layers; n++) {
            int last = sameLength ? at + n * segment : (n + 1) * segment - 1;
            lab.shows(n + " blocks: last output that changes", reach[n - 1], equalTo(last, 0));
        }
        lab.say(sameLength ? "Every query sees itself and %d letters before, so that N blocks reach N times as far."
                : "A segment of %d letters sees the one before, whose states had seen the one before that: a block more, a segment further.",
                segment);
    }

    private static double[] difference(TransformerXl model, int[] text, int[] other) {
        return Autograd.noGrad(() -> logits(model, text).sub(logits(model, other)).abs().max(-1, false).squeeze(0).toDoubleArray());
    }

    private static Tensor logits(TransformerXl model, int[] text) {
        return model.logits(Tensor.of(text, 1, text.length), Pass.inference());
    }
}
