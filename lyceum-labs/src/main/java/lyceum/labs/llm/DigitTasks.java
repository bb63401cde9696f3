package lyceum.labs.llm;

import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Dataset;
import lyceum.data.Datasets;
import lyceum.labs.LabContext;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.nn.Module;
import lyceum.nn.loss.Loss;
import lyceum.optim.Adam;
import lyceum.random.Rng;
import lyceum.train.Trainer;
import lyceum.train.TransferLearning;

/** Digits cut in two tasks, 0 to 4 and 5 to 9, and perceptrons tuned on them. */
record DigitTasks(Dataset train, Dataset validation, Dataset test) {
    static DigitTasks of(LabContext lab) {
        var all = Datasets.digits().to(DType.F32).scaled(1.0 / 16).shuffled(lab.rng(77));
        return new DigitTasks(all.range(0, 900), all.range(900, 1300), all.range(1300, all.size()));
    }

    static Dataset half(Dataset data, int half) {
        var labels = data.labels();
        return data.rows(IntStream.range(0, labels.length).filter(i -> labels[i] / 5 == half).toArray());
    }

    static Mlp fresh(int width, Rng rng) { return new Mlp(MlpConfig.classifier(64, 10, width), rng); }

    static Mlp tuned(Mlp from, Dataset data, double rate, int epochs, Rng rng) {
        var model = Module.copy(from);
        new Trainer(new Adam(rate), epochs).withBatchSize(50).fit(model, Loss::crossEntropy, data, rng);
        return model;
    }

    /** Per cent. */
    static double accuracy(Mlp model, Dataset data) { return 100 * TransferLearning.accuracy(model, data); }
}
