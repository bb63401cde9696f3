package lyceum.labs.nn.compress;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
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
import lyceum.random.Rng;
import lyceum.train.Trainer;
import lyceum.train.compress.RangeCalibrator;
import lyceum.train.compress.CompressionPipeline;
import lyceum.train.compress.CompressionPipeline.Measure;
import lyceum.train.compress.CompressionPipeline.Stage;
import lyceum.train.compress.Distiller;
import lyceum.train.compress.PostTrainingQuantizer;
import lyceum.train.compress.Qat;

/** One network for digits made smaller in every way and in chains of them; fewer bits with and without training; a student that never saw a 3. */
@Lab(topics = {"knowledge-distillation", "ptq", "qat", "model-compression", "efficient-inference"}, title = "The same, only smaller")
final class CompressionLab implements LabBody {
    @Override public void run(LabContext lab) {
        int hidden = lab.param("hidden units", 96, 32, 256), epochs = lab.param("epochs", 10, 3, 40);
        double temperature = lab.param("temperature", 8.0, 1.0, 20.0);
        var digits = Datasets.digits().shuffled(lab.rng(1)).to(DType.F32).scaled(1 / 16.0);
        Dataset train = digits.head(1200), test = digits.range(1200, digits.size());
        var model = network(hidden, lab.rng(2));
        var trainer = new Trainer(new Adam(3e-3), epochs).withBatchSize(100);
        trainer.fit(model, Loss::crossEntropy, train, lab.rng(3));
        double whole = accuracy(model, test);

        var without = train.rows(IntStream.range(0, train.size()).filter(i -> train.labels()[i] != 3).toArray());
        var student = network(24, lab.rng(4));
        new Distiller(temperature, 1).fit(student, model, trainer.withEpochs(2 * epochs), without, lab.rng(5));
        var row = train.rows(IntStream.range(0, train.size()).filter(i -> train.labels()[i] == 8).limit(1).toArray()).x();
        var soft = Autograd.noGrad(() -> model.forward(row).div(temperature).softmax(1)).toDoubleArray();
        lab.figure(Figure
                .bar("What the teacher says of an 8", IntStream.range(0, 10).mapToObj(String::valueOf).toArray(String[]::new), soft)
                .axes("digit", "probability").describedAs(
                        "The softened probabilities of the teacher for one picture of an 8: what they say of the other digits is what a student learns from."));
        var three = Autograd.noGrad(() -> student.forward(test.x()).select(1, 3).sub(student.forward(test.x()).mean(1))).toDoubleArray();
        double inside = 0, outside = 0;
        int threes = 0;
        for (int i = 0; i < three.length; i++) if (test.labels()[i] == 3) {
            inside += three[i];
            threes++;
        } else outside += three[i];
        lab.shows("knowledge-distillation", "mean logit of the unseen 3 on 3s less on others",
                inside / threes - outside / (three.length - threes), above(0));

        int[] bits = {8, 4, 3, 2};
        double[] at = {8, 4, 3, 2}, ptq = new double[4], qat = new double[4];
        for (int i : lab.progress("bits", 4)) {
            ptq[i] = accuracy(new PostTrainingQuantizer().withWeightBits(bits[i]).withCalibrator(RangeCalibrator.percentile(99.9))
                    .quantise(model, train.x()), test);
            var how = new Qat(bits[i]);
            var simulated = how.prepare(model, train.x());
            how.fit(simulated, new Trainer(new Adam(1e-3), 5).withBatchSize(100), Loss::crossEntropy, train, lab.rng(6));
            qat[i] = accuracy(how.convert(simulated), test);
        }
        lab.figure(Figure.plot("Bits of a weight").line("quantised after training", at, ptq).line("trained to be quantised", at, qat)
                .line("floats", at, new double[] {whole, whole, whole, whole}).axes("bits", "test digits right (%)")
                .describedAs("Accuracy of the network in integers of 8 to 2 bits, with and without training for them."));
        lab.shows("ptq", "points lost at 8 bits", whole - ptq[0], below(1));
        lab.shows("qat", "points gained over quantising after training, at 2 bits", qat[3] - ptq[3], above(0));

        Stage tune = Stage.tune(trainer.withEpochs(4)), eight = Stage.quantise(new PostTrainingQuantizer()),
                distil = Stage.distil(new Distiller(3, 0.9), trainer.withEpochs(2 * epochs), () -> network(20, lab.rng(7)));
        var chains = new ArrayList<CompressionPipeline>();
        for (var stages : List.of(List.of(Stage.prune(0.8), tune, eight), List.of(Stage.structured(0.75), tune, eight),
                List.of(Stage.lowRank(8), tune, eight), List.of(distil, eight), List.of(Stage.wanda(0.6)), List.of(eight)))
            chains.add(new CompressionPipeline(stages));
        var runs = CompressionPipeline.search(chains, model, train, test, lab.rng(8), Progress.SILENT);
        var front = CompressionPipeline.frontier(runs);
        lab.figure(Figure.plot("Size against accuracy").points("runs", bytes(runs), right(runs))
                .line("frontier", bytes(front), right(front)).logX().axes("bytes of the file", "test digits right (%)").describedAs(
                        "Every network after every stage of six chains, and the line of those that none other beats in both size and accuracy."));
        var rows = new ArrayList<List<?>>();
        for (var run : runs) rows.add(List.of(run.chain(), run.bytes(), run.seconds() * 1e6, run.operations(), 100 * run.accuracy()));
        lab.table("Chains", List.of("chain", "bytes", "microseconds for 32 rows", "operations a row", "right (%)"), rows);
        lab.shows("model-compression", "bytes of the smallest on the frontier over those of the network",
                (double) front.getFirst().bytes() / runs.getFirst().bytes(), below(0.25));
        lab.shows("efficient-inference", "runs on the frontier", front.size(), above(1));
    }

    private static Sequential network(int hidden, Rng rng) {
        return new Sequential(new Linear(64, hidden, rng.split(1)), Activation.RELU, new Linear(hidden, 10, rng.split(2)));
    }

    private static double accuracy(Sequential model, Dataset data) {
        return 100 * Autograd.noGrad(() -> model.forward(data.x()).argmax(1).eq(data.y()).to(DType.F64).mean().item());
    }

    private static double[] bytes(List<Measure> runs) { return runs.stream().mapToDouble(Measure::bytes).toArray(); }

    private static double[] right(List<Measure> runs) { return runs.stream().mapToDouble(r -> 100 * r.accuracy()).toArray(); }
}
