package lyceum.models.ssl;

import static lyceum.testing.Bound.above;
import static lyceum.testing.Bound.atLeast;
import static lyceum.testing.Bound.atMost;
import static lyceum.testing.Bound.below;
import static lyceum.testing.Bound.exactly;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.data.Dataset;
import lyceum.models.Clothes;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.Acceptance;
import lyceum.testing.Evidence;
import lyceum.testing.Gap;
import lyceum.testing.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DinoV2Test {
    private static final Golden GOLDEN = Golden.load("golden/dino.json");
    private static final VisionTransformerConfig VIT = new VisionTransformerConfig(8, 2, 1, 8, 1, 2).withDtype(DType.F64).withRegisters(2);

    private static DinoV2 small(PrototypeBalance balance) {
        return new DinoV2(new DinoV2Config(VIT, 6).withBalance(balance).withMasked(1), Rng.of(1));
    }

    private static List<Tensor> views(int seed) {
        return new MultiCrop(8, 4, 2).of(Tensor.rand(Rng.of(seed), DType.F64, 5, 1, 8, 8).compute(), Rng.of(seed)).stream()
                .map(v -> v.to(DType.F64)).toList();
    }

    @Acceptance(topic = "dinov2", clause = 1)
    @Test void sinkhornTargetsEqualPyTorchsAndBalanceThePrototypes() {
        var gap = Gap.absolute();
        double sums = 0, rise = Double.NEGATIVE_INFINITY, last = 0;
        int cases = 0;
        for (var c : GOLDEN.cases("sinkhorn")) for (var type : List.of(DType.F64, DType.F32)) {
            int n = c.integer("input.n"), k = c.integer("input.k");
            var logits = Tensor.of(c.doubles("input.logits"), n, k).to(type);
            var targets = new PrototypeBalance.SinkhornKnopp(3).targets(logits, c.number("input.temperature"), null);
            gap.see(c, "expected.targets", targets.to(DType.F64).toDoubleArray());
            double[] t = targets.to(DType.F64).toDoubleArray();
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < k; j++) sum += t[i * k + j];
                sums = Math.max(sums, Math.abs(sum - 1));
            }
            cases++;
        }
        for (int seed = 1; seed <= 4; seed++) {
            int n = 64, k = 32;
            var logits = DinoHead.unit(Tensor.randn(Rng.of(seed), DType.F64, n, 16))
                    .matmul(DinoHead.unit(Tensor.randn(Rng.of(seed + 10), DType.F64, k, 16)).transpose()).compute(); // cosines, as the head gives them
            double before = Double.POSITIVE_INFINITY;
            for (int rounds = 1; rounds <= 50; rounds++) {
                double error = marginal(new PrototypeBalance.SinkhornKnopp(rounds).targets(logits, 0.07, null).toDoubleArray(), n, k);
                if (rounds > 1) rise = Math.max(rise, error - before);
                before = error;
            }
            last = Math.max(last, before);
        }
        Evidence.of("cases", cases, exactly(8));
        Evidence.of("largest distance of a sample's sum from 1", sums, atMost(1e-6));
        Evidence.of("largest gap to PyTorch's transcription", gap, atMost(1e-6));
        Evidence.of("largest rise of the prototype-marginal error in a round", rise, atMost(1e-12));
        Evidence.of("largest relative error after 50 rounds", last, below(1e-3));
        var even = new PrototypeBalance.None().targets(Tensor.randn(Rng.of(1), DType.F64, 64, 32), 0.07, null);
        assertThat(marginal(even.toDoubleArray(), 64, 32)).isGreaterThan(0.1); // else balance would be no deed
    }

    /** L1 distance of the prototypes' shares of all mass from even ones. */
    private static double marginal(double[] targets, int n, int k) {
        double error = 0;
        for (int j = 0; j < k; j++) {
            double share = 0;
            for (int i = 0; i < n; i++) share += targets[i * k + j] / n;
            error += Math.abs(share - 1.0 / k);
        }
        return error;
    }

    @Acceptance(topic = "dinov2", clause = 2)
    @Test void teacherCentreAndSpreadFollowTheirFormulas() {
        var ema = GOLDEN.named("ema");
        double[] from = ema.doubles("input.teacher"), to = ema.doubles("input.student"), wanted = ema.doubles("expected.teacher");
        var student = new Linear(3, 2, true, DType.F64, (rng, type, shape) -> Tensor.zeros(type, shape), Rng.of(1));
        set(student, from);
        var teacher = new EmaTeacher<Module>(student);
        set(student, to);
        teacher.follow(ema.number("input.momentum"));
        var gap = Gap.absolute().see("EMA", flat(teacher.module()), wanted);
        Evidence.of("gap of the moving average", gap, atMost(1e-6));
        var whole = small(new PrototypeBalance.SinkhornKnopp(3)); // and the model's own teacher takes such a step in every weight
        var state = whole.state();
        Autograd.noGrad(() -> whole.parameters().values().forEach(p -> p.copy_(Tensor.randn(Rng.of(4), DType.F64, p.shape().toArray()))));
        var ours = Gap.absolute();
        var expected = new LinkedHashMap<String, double[]>();
        state.forEach((name, t) -> {
            if (!name.startsWith("teacher.")) return;
            double[] old = t.toDoubleArray(), now = state.get("student." + name.substring(8)).toDoubleArray();
            for (int i = 0; i < old.length; i++) old[i] = 0.992 * old[i] + 0.008 * now[i];
            expected.put(name, old);
        });
        whole.follow(0.992);
        expected.forEach((name, values) -> ours.see(name, whole.state().get(name).toDoubleArray(), values));
        Evidence.of("gap of all weights of DinoV2's teacher", ours, atMost(1e-6));

        var c = GOLDEN.named("centring");
        var centring = new PrototypeBalance.Centring(c.number("input.momentum"));
        Tensor centre = Tensor.of(c.doubles("input.centre")), logits = Tensor.of(c.doubles("input.logits"), 8, 5);
        Evidence.of("gap of centred targets",
                Gap.absolute().see(c, "expected.targets", centring.targets(logits, c.number("input.temperature"), centre).toDoubleArray()),
                atMost(1e-6));
        Evidence.of("gap of the moved centre", Gap.absolute().see(c, "expected.centre", centring.moved(centre, logits).toDoubleArray()),
                atMost(1e-6));

        Gap spread = Gap.absolute(), slope = Gap.absolute();
        for (var k : GOLDEN.cases("koleo")) {
            var x = Tensor.of(k.doubles("input.x"), k.integer("input.n"), k.integer("input.d")).requiresGrad();
            var loss = DinoV2.koLeo(x);
            loss.backward();
            spread.see(k, "expected.loss", loss.item());
            slope.see(k, "expected.gradient", x.grad().toDoubleArray());
        }
        Evidence.of("gap of KoLeo in 3 cases", spread, atMost(1e-6));
        Evidence.of("gap of its gradient", slope, atMost(1e-6));
    }

    private static void set(Module module, double[] values) {
        Autograd.noGrad(() -> {
            int at = 0;
            for (var p : module.state().values()) {
                p.copy_(Tensor.of(values).narrow(0, at, p.count()).reshape(p.shape().toArray()));
                at += (int) p.count();
            }
        });
    }

    private static double[] flat(Module module) {
        return Tensor.concat(0, module.state().values().stream().map(Tensor::flatten).toArray(Tensor[]::new)).toDoubleArray();
    }

    @Acceptance(topic = "dinov2", clause = 3)
    @Test void noGradientReachesTheTeacher() {
        for (PrototypeBalance balance : List.of(new PrototypeBalance.SinkhornKnopp(3), new PrototypeBalance.Centring(0.9))) {
            var dino = small(balance);
            var views = views(3);
            double loss = value(dino, views);
            Evidence.of("teacher's tensors among what a trainer changes",
                    dino.parameters().keySet().stream().filter(p -> p.startsWith("teacher.")).count(), exactly(0));
            var state = dino.state();
            state.forEach((name, t) -> { if (name.startsWith("teacher.")) t.requiresGrad_(true); }); // even if somebody asks for it
            dino.loss(views, Pass.training(Rng.of(5))).backward();
            int reached = 0, learns = 0, ofTeacher = 0, ofStudent = 0;
            for (var e : state.entrySet()) {
                boolean slope = e.getValue().grad() != null && e.getValue().grad().abs().max().item() > 0;
                if (e.getKey().startsWith("teacher.")) {
                    ofTeacher++;
                    if (slope) reached++;
                } else if (e.getKey().startsWith("student.")) {
                    ofStudent++;
                    if (slope) learns++;
                }
            }
            Evidence.of("teacher's tensors that a gradient reaches, of " + ofTeacher, reached, exactly(0));
            Evidence.of("student's tensors that one reaches, of " + ofStudent, learns, atLeast(ofStudent - 2)); // biases of keys have none
            Autograd.noGrad(() -> state.forEach((name, t) -> {
                if (name.startsWith("teacher.")) t.copy_(Tensor.randn(Rng.of(8), DType.F64, t.shape().toArray()));
            }));
            Evidence.of("change of the loss by another teacher", Math.abs(value(dino, views) - loss), above(1e-5));
        }
    }

    private static double value(DinoV2 dino, List<Tensor> views) {
        return Autograd.noGrad(() -> dino.loss(views, Pass.sampling(Rng.of(5))).item());
    }

    @Acceptance(topic = "dinov2", clause = 6)
    @Test void curationFindsPlantedNeighbours() {
        int seeds = 25, planted = 4, others = 1500;
        Dataset clothes = Clothes.smallTest(seeds + others);
        var rng = Rng.of(7);
        Tensor good = clothes.x().narrow(0, 0, seeds), pool = clothes.x().narrow(0, seeds, others);
        var near = new Tensor[planted];
        for (int i = 0; i < planted; i++) // darker or brighter, and noise
            near[i] = good.mul(Tensor.rand(rng, seeds, 1, 1, 1).mul(0.2).add(0.9)).add(Tensor.randn(rng, seeds, 1, 14, 14).mul(0.1));
        pool = Tensor.concat(0, pool, Tensor.concat(0, near), pool.narrow(0, 0, 50)).compute(); // and 50 others twice
        var encoder = new VisionTransformer(new VisionTransformerConfig(14, 2, 1, 64, 2, 4), Rng.of(1));
        var curation = new DataCuration(planted, 0.99999);
        Tensor a = encoder.features(good, 500), b = encoder.features(pool, 500);
        int hits = 0;
        int[] kept = curation.curate(a, b);
        for (int row : kept) if (row >= others && row < others + planted * seeds) hits++;
        Evidence.of("precision of what is retrieved", hits / (double) kept.length, atLeast(0.95));
        Evidence.of("retrieved pictures", kept.length, atLeast(80));
        int twice = 0;
        for (int row : curation.distinct(b)) if (row >= others + planted * seeds) twice++;
        assertThat(twice).isZero();
    }

    @Test void duplicatesAreOneByChains() {
        double[] angles = {0, 0.1, 2, 0.2, 2.05, 1, 0.3};
        var rows = new double[angles.length][];
        for (int i = 0; i < rows.length; i++) rows[i] = new double[] {3 * Math.cos(angles[i]), 3 * Math.sin(angles[i])};
        var curation = new DataCuration(1, Math.cos(0.11));
        assertThat(curation.distinct(Tensor.of(rows))).containsExactly(0, 2, 5);
        assertThat(curation.withDuplicate(2).distinct(Tensor.of(rows))).hasSize(7);
        assertThat(curation.nearest(Tensor.of(new double[][] {{1, 0.31}, {-1, 2}}), Tensor.of(rows))).containsExactly(4, 6);
        assertThat(curation.withDuplicate(2).withNeighbours(3).curate(Tensor.of(new double[][] {{1, 0.32}}), Tensor.of(rows)))
                .containsExactly(1, 3, 6);
        assertThatThrownBy(() -> new DataCuration(0, 0.9)).hasMessageContaining("0 neighbours");
        assertThatThrownBy(() -> curation.nearest(Tensor.zeros(2, 3), Tensor.zeros(4, 2))).isInstanceOf(ShapeException.class);
    }

    @Test void hiddenPatchesDoNotReachTheStudentAndFeaturesComeFromTheTeacher(@TempDir Path folder) throws Exception {
        var dino = small(new PrototypeBalance.Centring(0.5));
        var images = Tensor.rand(Rng.of(2), DType.F64, 3, 1, 8, 8).compute();
        assertThat(dino.forward(images).toDoubleArray())
                .isEqualTo(dino.encoder().encode(images, Pass.inference()).pooled().toDoubleArray());
        assertThat(dino.encoder().encode(images, Pass.inference()).map().shape().toArray()).containsExactly(3, 8, 4, 4);
        var before = dino.state().get("centre").toDoubleArray();
        value(dino, views(1));
        assertThat(dino.state().get("centre").toDoubleArray()).isEqualTo(before); // a pass that does not train moves nothing
        Autograd.noGrad(() -> dino.loss(views(1), Pass.training(Rng.of(1))).item());
        assertThat(dino.state().get("centre").toDoubleArray()).isNotEqualTo(before);
        assertThat(dino.state().get("patch_centre").toDoubleArray()).isNotEqualTo(before);
        var whole = new DinoV2(dino.config().withPatchWeight(0), Rng.of(1)); // the patch head has nothing to say
        whole.loss(views(1), Pass.training(Rng.of(1))).backward();
        assertThat(whole.state().get("patch_centre").toDoubleArray()).isEqualTo(before);
        assertThat(whole.parameters().get("student.ibot_head.mlp.0.weight").grad()).isNull();
        dino.save(folder.resolve("dino.safetensors"));
        var other = new DinoV2(dino.config(), Rng.of(9));
        other.load(folder.resolve("dino.safetensors"));
        assertThat(value(other, views(1))).isEqualTo(value(dino, views(1)));
        var copy = Module.copy(dino);
        copy.follow(0);
        assertThat(copy.state().get("teacher.mask_token").toDoubleArray())
                .isEqualTo(copy.state().get("student.mask_token").toDoubleArray());
        var healthy = DinoV2.Entropies.of(Tensor.eye(DType.F64, 4));
        assertThat(healthy).isEqualTo(new DinoV2.Entropies(0, 1));
        assertThat(DinoV2.Entropies.of(Tensor.full(DType.F64, 0.25, 3, 4)).perPicture()).isEqualTo(1);
    }

    @Test void cropsHaveTheirSizes() {
        var images = Tensor.rand(Rng.of(1), 4, 1, 14, 14).compute();
        var crops = new MultiCrop(14, 8, 3);
        var views = crops.of(images, Rng.of(2));
        assertThat(views.stream().map(v -> v.size(3)).toList()).containsExactly(14L, 14L, 8L, 8L, 8L);
        assertThat(views.get(0).toFloatArray()).isNotEqualTo(views.get(1).toFloatArray())
                .isEqualTo(crops.of(images, Rng.of(2)).get(0).toFloatArray());
        var whole = crops.withBorder(1).withLeast(1).withLocals(0).of(images, Rng.of(3)).get(0);
        for (int i = 0; i < 4; i++) assertThat(whole.get(i).mean().item()).isCloseTo(images.get(i).mean().item(), within(0.05));
        assertThatThrownBy(() -> crops.withLeast(0.5)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> new DinoV2Config(VIT, 1)).hasMessageContaining("1 prototypes");
        assertThatThrownBy(() -> new DinoV2Config(VIT.withClasses(2), 4)).hasMessageContaining("class token");
        assertThatThrownBy(() -> new PrototypeBalance.SinkhornKnopp(0)).hasMessageContaining("0 rounds");
        assertThatThrownBy(() -> new PrototypeBalance.None().targets(Tensor.zeros(2, 2), 0, null)).hasMessageContaining("temperature");
        assertThatThrownBy(() -> small(new PrototypeBalance.None()).loss(views.subList(0, 1), Pass.inference()))
                .hasMessageContaining("1 view");
        assertThatThrownBy(() -> small(new PrototypeBalance.None()).objective(images, crops).of(new int[] {0, 1}, Pass.inference()))
                .hasMessageContaining("no random numbers");
        assertThatThrownBy(() -> DinoV2.koLeo(Tensor.zeros(1, 3))).isInstanceOf(ShapeException.class);
    }
}
