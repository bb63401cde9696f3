package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.VisionTransformerConfig.Pool;
import lyceum.nn.Module;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.BatchLoss;
import lyceum.train.LinearProbe;
import lyceum.train.Trainer;

/** Encoders that learned 4,000 pictures of 14 x 14 clothes without their labels; each is trained once for all tests that ask for it. */
public final class LearnedOnClothes {
    /** Of the masked autoencoders and JEPAs. */
    public static final VisionTransformerConfig VIT = new VisionTransformerConfig(14, 2, 1, 32, 4, 4).withHidden(64).withPool(Pool.MEAN)
            .withClassToken(false);
    static final JepaConfig JEPA = new JepaConfig(VIT).withWidth(32).withDepth(2).withMomentum(0.96);
    static final DinoV2Config DINO = new DinoV2Config(new VisionTransformerConfig(14, 2, 1, 32, 2, 4), 64).withHidden(64).withBottleneck(16)
            .withTeacherTemperature(0.04).withMomentum(0.96);
    static final int IMAGES = 4000, HELD_OUT = 2000, BATCH = 64, STEPS = 600, DINO_STEPS = 900;

    private static final Map<List<?>, Module> LEARNED = new HashMap<>();
    private static final Map<List<?>, Dataset> DATA = new HashMap<>();
    private static final List<DinoV2.Entropies> ENTROPIES = new ArrayList<>();

    private LearnedOnClothes() {}

    public static synchronized Dataset train() { return DATA.computeIfAbsent(List.of("train"), key -> Clothes.small(IMAGES)); }

    public static synchronized Dataset test() { return DATA.computeIfAbsent(List.of("test"), key -> Clothes.smallTest(HELD_OUT)); }

    public static synchronized MaskedAutoencoder autoencoder(int seed) {
        return (MaskedAutoencoder) LEARNED.computeIfAbsent(List.of("mae", seed), key -> {
            var mae = new MaskedAutoencoder(new MaskedAutoencoderConfig(VIT), Rng.of(seed));
            trainer(4e-3, STEPS, BATCH).start(mae, IMAGES, mae.objective(train().x()), null, Rng.of(seed)).finish(Progress.SILENT);
            return mae;
        });
    }

    static synchronized Jepa jepa() {
        return (Jepa) LEARNED.computeIfAbsent(List.of("jepa"), key -> {
            var jepa = new Jepa(JEPA, Rng.of(1));
            trainer(3e-3, STEPS, BATCH).withListener(jepa.following(STEPS))
                    .start(jepa, IMAGES, jepa.objective(train().x()), null, Rng.of(1)).finish(Progress.SILENT);
            return jepa;
        });
    }

    public static synchronized DinoV2 dino() {
        return (DinoV2) LEARNED.computeIfAbsent(List.of("dino"), key -> {
            var dino = new DinoV2(DINO, Rng.of(1));
            ENTROPIES.addAll(distil(dino, DINO_STEPS));
            return dino;
        });
    }

    /** Entropies of the teacher's targets of 512 held-out pictures while {@link #dino} learned. */
    static synchronized List<DinoV2.Entropies> entropies() {
        dino();
        return List.copyOf(ENTROPIES);
    }

    /** Trains; gives the entropies at every 25th step from a quarter of the steps on. */
    static List<DinoV2.Entropies> distil(DinoV2 dino, int steps) {
        var seen = new ArrayList<DinoV2.Entropies>();
        var objective = dino.objective(train().x(), new MultiCrop(14, 8, 2).withBorder(0.5).withLeast(0.25));
        var shown = test().x().narrow(0, 0, 512);
        int[] step = {0};
        BatchLoss watched = (rows, pass) -> {
            if (++step[0] % 25 == 0 && step[0] >= steps / 4) seen.add(DinoV2.Entropies.of(dino.targets(shown)));
            return objective.of(rows, pass);
        };
        trainer(5e-3, steps, 32).withClip(Clip.norm(3)).withListener(dino.following(steps)).start(dino, IMAGES, watched, null, Rng.of(2))
                .finish(Progress.SILENT);
        return seen;
    }

    private static Trainer trainer(double rate, int steps, int batch) {
        return new Trainer(new AdamW(rate), (steps * batch + IMAGES - 1) / IMAGES).withBatchSize(batch)
                .withSchedule(new Schedule.Cosine(steps));
    }

    /** Accuracy on held-out pictures of a linear probe of so many labels a class, the mean over draws of these. */
    static double probe(VisionTransformer encoder, Dataset train, Dataset test, int labels, int draws) {
        Tensor all = encoder.features(train.x(), 500), held = encoder.features(test.x(), 500);
        double sum = 0;
        for (int draw = 1; draw <= draws; draw++) {
            var few = Representation.few(Dataset.of(all, train.y()), labels, Rng.of(draw));
            sum += LinearProbe.fit(few.x(), few.y(), 1e-2, 200).accuracy(held, test.y());
        }
        return sum / draws;
    }
}
