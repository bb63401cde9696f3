package lyceum.labs.nn;

import static lyceum.labs.Bounds.atLeast;
import static lyceum.labs.Bounds.atMost;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.SequenceTasks;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.nn.Gru;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.RnnConfig;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.train.regime.Curriculum;
import lyceum.train.regime.Difficulty;
import lyceum.train.regime.Pacing;

/** Is the number of ones odd? A recurrent net that is asked about long strings alone never finds out; from short ones on it does. */
@Lab(topics = "curriculum-learning", title = "Two bits before forty")
final class CurriculumLab implements LabBody {
    @Override public void run(LabContext lab) {
        int longest = lab.param("longest string", 16, 6, 60), units = lab.param("GRU units", 16, 4, 64),
                budget = lab.param("training steps", 140, 50, 2000);
        double first = lab.param("first share", 0.05, 0.01, 1.0), until = lab.param("all open after this share of training", 0.6, 0.1, 1.0);
        var pacing = lab.choice("pacing", "linear", "linear", "competence").equals("linear") ? Pacing.linear(first)
                : Pacing.competence(first);
        int each = 50, n = each * (longest - 1);
        int[] lengths = IntStream.range(0, n).map(i -> 2 + i / each).toArray(), full = IntStream.range(0, n).map(i -> longest).toArray();
        var strings = SequenceTasks.parity(lab.rng(1), n, longest);
        var test = SequenceTasks.parity(lab.rng(2), 300, longest);
        var paced = new Curriculum(pacing, Math.round(until * budget), Difficulty.length(lengths));
        var names = List.of("short strings first", "long strings first", "random order, same pacing", "longest strings only");
        var kinds = List.of(paced, paced.reversed(), paced.inRandomOrder(lab.rng(3)), new Curriculum(Pacing.all(), 1, new double[n]));
        Plot curves = Figure.plot("Parity of the longest strings");
        var last = new double[kinds.size()];
        for (int k : lab.progress("orders", kinds.size())) {
            var reader = new Reader(units, lab.rng(4));
            int[] of = k == 3 ? full : lengths;
            BatchLoss loss = (rows, pass) -> {
                int[] own = Arrays.stream(rows).map(r -> of[r]).toArray();
                var y = strings.y().rows(rows).gather(1, Tensor.of(own).to(DType.I64).sub(1).reshape(-1, 1));
                int most = Arrays.stream(own).max().orElseThrow();
                return Loss.bce(reader.of(strings.x().rows(rows).narrow(1, 0, most), own, pass), y.to(DType.F32));
            };
            var run = kinds.get(k).start(new Trainer(new Adam(0.01), 1000).withBatchSize(64), reader, loss, null, lab.rng(5));
            double[] steps = new double[11], accuracy = new double[11];
            for (int point = 0; point <= 10; point++) {
                while (run.steps() < (long) budget * point / 10 && !lab.cancelled()) run.step();
                steps[point] = run.steps();
                accuracy[point] = reader.right(test);
            }
            curves = curves.line(names.get(k), steps, accuracy);
            last[k] = accuracy[10];
        }
        lab.figure(Figure.line("What is open", 0, budget, s -> paced.open((long) s) / (double) n).axes("step", "share of the strings")
                .describedAs("The share of the strings, shortest first, from which batches are drawn at each step."));
        lab.figure(curves.axes("step", "share right").limitY(0.3, 1)
                .describedAs("Accuracy on unseen strings of full length: only the order from short to long leaves one half."));
        lab.shows("short strings first: accuracy at full length", last[0], atLeast(0.95));
        lab.shows("longest strings only", last[3], atMost(0.60));
    }

    /** Reads bits, and gives the logit of odd (n, 1). */
    private static final class Reader extends Module {
        private final Gru gru;
        private final Linear head;

        Reader(int units, Rng rng) {
            gru = new Gru(new RnnConfig(1, units), rng.split(1));
            head = new Linear(units, 1, rng.split(2));
        }

        @Override protected Tensor compute(Tensor x, Pass pass) { return of(x, null, pass); }

        Tensor of(Tensor x, int[] lengths, Pass pass) {
            return head.forward(gru.last(gru.run(x.mul(2).sub(1), null, lengths, pass).state()), pass);
        }

        double right(SequenceTasks.Batch test) {
            var odd = test.y().select(1, (int) test.y().size(1) - 1).gt(0.5);
            return Autograd.noGrad(() -> forward(test.x()).flatten().gt(0).eq(odd).to(DType.F32).mean().item());
        }
    }
}
