package lyceum.models.task;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.backend.Parallel;
import lyceum.data.augment.Augment;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Preprocessing;
import lyceum.memory.Scope;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.TrainingRun;

/** A set of pictures as batches: read side by side. */
final class Pictures implements BatchLoss {
    private static final int JUDGED = 128;

    private final PictureSet set;
    private final Module model;
    private final CrossEntropy loss;
    private final Preprocessing preprocessing;
    private final double part;
    private final Augment<Raster> augment;

    /**
     * @param part least share of a picture that is learned from, cut at random; 0 for its centre
     * @param augment of a picture that is learned from, before it is normalised
     */
    Pictures(PictureSet set, Module model, CrossEntropy loss, Preprocessing preprocessing, double part, Augment<Raster> augment) {
        this.set = set;
        this.model = model;
        this.loss = loss;
        this.preprocessing = preprocessing;
        this.part = part;
        this.augment = augment;
    }

    /** Other pictures that are judged as these. */
    Pictures of(PictureSet others) { return new Pictures(others, model, loss, preprocessing, 0, Augment.none()); }

    int size() { return set.size(); }

    int classes() { return set.classes().size(); }

    /** Of the square that the network sees. */
    int side() { return preprocessing.crop(); }

    /** The mean and the deviation of each channel over all of them as they are judged. */
    float[][] moments() {
        int channels = preprocessing.mean().length;
        double[] sum = new double[channels], square = new double[channels];
        long n = 0;
        for (int from = 0; from < set.size(); from += JUDGED) {
            for (var picture : decoded(IntStream.range(from, Math.min(set.size(), from + JUDGED)).toArray())) {
                var values = fitted(picture).values();
                int plane = values.length / channels;
                for (int i = 0; i < values.length; i++) {
                    sum[i / plane] += values[i];
                    square[i / plane] += (double) values[i] * values[i];
                }
                n += plane;
            }
        }
        float[][] moments = new float[2][channels];
        for (int c = 0; c < channels; c++) {
            double mean = sum[c] / Math.max(1, n), variance = square[c] / Math.max(1, n) - mean * mean;
            moments[0][c] = (float) mean;
            moments[1][c] = (float) Math.sqrt(Math.max(1e-6, variance));
        }
        return moments;
    }

    private Raster[] decoded(int[] rows) {
        var made = new Raster[rows.length];
        Parallel.range(rows.length, 1, (from, to) -> {
            for (int i = (int) from; i < to; i++) {
                var picture = channelled(set.read(rows[i]));
                made[i] = part == 0 ? fitted(picture) : picture; // a batch of photographs would not fit in memory as they are
            }
        });
        return made;
    }

    private Raster channelled(Raster picture) {
        int channels = preprocessing.mean().length;
        if (picture.channels() == channels) return picture;
        var one = picture.grey();
        return Raster.make(channels, picture.height(), picture.width(), (c, y, x) -> one.at(0, y, x));
    }

    /** As it is judged, except for the normalisation. */
    private Raster fitted(Raster picture) { return preprocessing.central(picture); }

    private Raster varied(Raster picture, Rng rng) {
        if (part == 0) return augment.apply(fitted(picture), rng);
        var p = Preprocessing.randomPart(picture.height(), picture.width(), part, rng);
        int side = preprocessing.crop();
        return augment.apply(picture.cropped(p.top(), p.left(), p.height(), p.width(), 0).resized(side, side), rng);
    }

    @Override public Tensor of(int[] rows, Pass pass) {
        var prepared = decoded(rows);
        Rng stream = pass.isTraining() && pass.rng() != null ? pass.rng().split(1) : null;
        Parallel.range(prepared.length, 4, (from, to) -> {
            for (int i = (int) from; i < to; i++)
                prepared[i] = preprocessing.normalised(stream == null ? fitted(prepared[i]) : varied(prepared[i], stream.split(rows[i])));
        });
        return loss.of(model.forward(ImageAugment.stacked(prepared), pass), labels(rows));
    }

    private Tensor labels(int[] rows) { return Tensor.of(Arrays.stream(rows).mapToLong(set::label).toArray()); }

    @Override public String nameOf(int row) { return set.nameOf(row); }

    /** The mean cross-entropy of all, and the share that is right. */
    TrainingRun.Evaluated evaluate() {
        double sum = 0, right = 0;
        for (int from = 0; from < set.size(); from += JUDGED) try (var scope = Scope.open("pictures to judge")) {
            int[] rows = IntStream.range(from, Math.min(set.size(), from + JUDGED)).toArray();
            var x = ImageAugment.stacked(Arrays.stream(decoded(rows)).map(p -> preprocessing.normalised(fitted(p))).toArray(Raster[]::new));
            var y = labels(rows);
            var logits = Autograd.noGrad(() -> model.forward(x));
            sum += new CrossEntropy().of(logits, y).item() * rows.length;
            right += logits.argmax(-1).eq(y).sum().item();
        }
        var metrics = new LinkedHashMap<String, Double>();
        metrics.put("accuracy", right / set.size());
        return new TrainingRun.Evaluated(sum / set.size(), metrics);
    }
}
