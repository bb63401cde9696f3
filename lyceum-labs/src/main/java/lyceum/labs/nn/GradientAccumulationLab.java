package lyceum.labs.nn;

import static lyceum.labs.Bounds.atMost;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Activation;
import lyceum.nn.Linear;
import lyceum.nn.Sequential;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.progress.Progress;
import lyceum.tensor.BackwardPass;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;

/** One batch in k pieces: the same curve in a k-th of the memory. */
@Lab(topics = "gradient-accumulation", title = "A large batch through a small door")
final class GradientAccumulationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int batch = 8 * lab.param("batch, in eights", 32, 1, 64), epochs = lab.param("epochs", 5, 1, 50),
                width = lab.param("width", 48, 8, 256);
        var digits = Datasets.digits().to(DType.F32).scaled(1 / 16.0);
        int[] pieces = {1, 2, 4, 8};
        double[] memory = new double[pieces.length], ks = new double[pieces.length];
        var curves = Figure.plot("Loss").axes("epoch", "cross-entropy (nats)");
        var rows = new ArrayList<List<?>>();
        double worst = 0;
        double[] whole = null;
        for (int i : lab.progress("accumulations", pieces.length)) {
            var rng = lab.rng(1);
            var model = new Sequential(new Linear(64, width, rng), Activation.GELU, new Linear(width, width, rng), Activation.GELU,
                    new Linear(width, 10, rng));
            var loss = BatchLoss.of(model, Loss::crossEntropy, digits);
            long[] most = {0};
            var history = new Trainer(new Adam(3e-3), epochs).withBatchSize(batch).accumulate(pieces[i])
                    .start(model, digits.size(), (numbers, pass) -> {
                        var value = loss.of(numbers, pass);
                        most[0] = Math.max(most[0], BackwardPass.savedBytes(value));
                        return value;
                    }, null, lab.rng(2)).finish(Progress.SILENT);
            ks[i] = pieces[i];
            memory[i] = most[0] / 1024.0;
            if (whole == null) whole = history.losses();
            for (int e = 0; e < epochs; e++) worst = Math.max(worst, Math.abs(history.losses()[e] - whole[e]));
            curves = curves.line("k = " + pieces[i], 1, history.losses());
            rows.add(List.of(pieces[i], batch / pieces[i], memory[i], history.losses()[epochs - 1]));
        }
        lab.figure(Figure
                .row("Micro-batches", Figure.plot("Saved activations").line("peak", ks, memory).axes("micro-batches k", "KiB"), curves)
                .describedAs("Memory for activations falls as one over k, while the four loss curves lie on top of each other."));
        lab.table("A batch of " + batch, List.of("k", "rows of a micro-batch", "activations (KiB)", "last loss"), rows);
        lab.shows("largest gap between loss curves", worst, atMost(0.01));
        lab.shows("activations with k = 8, of those with 1", memory[3] / memory[0], atMost(1 / 8.0 + 0.1));
    }
}
