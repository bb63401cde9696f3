package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.x86.asm.Feature;
import lyceum.data.sounds.Sound;
import lyceum.info.LinearAssignment;
import lyceum.models.audio.MelSpectrogram;
import lyceum.models.audio.Whisper;
import lyceum.models.audio.WhisperConfig;
import lyceum.models.generative.GenerativeMetrics;
import lyceum.models.generative.diffusion.Ddpm;
import lyceum.models.generative.diffusion.NoiseSchedule;
import lyceum.models.graph.GatLayer;
import lyceum.models.graph.GcnLayer;
import lyceum.models.graph.GraphData;
import lyceum.models.sequence.Mamba;
import lyceum.models.sequence.MambaConfig;
import lyceum.models.sequence.RecurrentModel;
import lyceum.models.sequence.Rwkv;
import lyceum.models.sequence.RwkvConfig;
import lyceum.models.sequence.XLstm;
import lyceum.models.sequence.XLstmConfig;
import lyceum.models.threed.Camera;
import lyceum.models.threed.GaussianSplatting;
import lyceum.models.vision.NonMaxSuppression;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.RoiAlign;
import lyceum.models.vision.UNet;
import lyceum.models.vision.UNetConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.detect.AnchorGrid;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.RegionDetector;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.optim.AdamW;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Whole models beside Debian's PyTorch with torchvision and torchaudio, and SciPy: inference, steps of training, and what lies between. */
final class ModelsSuite implements Suite {
    private static final int SIDE = 224, TOKENS = 100, NODES = 100_000, EDGES = 1_000_000, WIDTH = 64;
    /** Ten per cent more is as good as the same. */
    private static final double SAME = 1 / 1.1;

    @Override public void measure(SideBySide bench) {
        vision(bench);
        vit(bench);
        denoiser(bench);
        regions(bench);
        mamba(bench);
        decoding(bench);
        graphs(bench);
        splats(bench);
        whisper(bench);
        parts(bench);
        scipy(bench);
        PictureRows.measure(bench);
    }

    private static Case row(String name, String shape, Unit unit, String peer, String op, Map<String, ?> arguments, double target) {
        return new Case(name, shape, DType.F32, unit).beside(op, arguments).needing(peer).atLeast(target);
    }

    private static Supplier<?> seen(Supplier<Tensor> f) { return () -> Autograd.noGrad(() -> f.get().compute()); }

    /** Forward, and backward from ones. */
    private static Supplier<?> swept(Module model, Supplier<Tensor> f) {
        return () -> {
            model.zeroGrad();
            f.get().sum().backward();
            return model;
        };
    }

    private static Supplier<?> stepped(Module model, Function<Pass, Tensor> loss) {
        var optimizer = new AdamW(1e-3).over(model.parameters());
        var pass = Pass.training(Rng.of(4));
        return () -> {
            optimizer.zeroGrad();
            loss.apply(pass).backward();
            optimizer.step();
            optimizer.zeroGrad();
            return optimizer;
        };
    }

    /** PyTorch writes each network as a script, which libtorch then runs. */
    private static void vision(SideBySide bench) {
        try {
            var scripts = Files.createTempDirectory("lyceum-scripts");
            try {
                for (int batch : new int[] {1, 8}) {
                    vision(bench, scripts, "ResNet-18", "resnet18", batch,
                            (type, rng) -> new ResNet(ResNetConfig.resnet18().withDtype(type), rng));
                    vision(bench, scripts, "ResNet-50", "resnet50", batch,
                            (type, rng) -> new ResNet(ResNetConfig.resnet50().withDtype(type), rng));
                    vision(bench, scripts, "ViT-B/16", "vit_b_16", batch,
                            (type, rng) -> new VisionTransformer(VisionTransformerConfig.base(16).withDtype(type), rng));
                }
            } finally {
                try (var files = Files.list(scripts)) {
                    for (var file : files.toList()) Files.delete(file);
                }
                Files.delete(scripts);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void vision(SideBySide bench, Path scripts, String name, String peer, int batch, BiFunction<DType, Rng, Module> build) {
        var shape = "batch " + batch + ", 224x224";
        bench.measure(
                row(name, shape, Unit.MILLISECONDS, "torchvision", "vision",
                        Map.of("model", peer, "batch", batch, "script", scripts.resolve(peer + "-" + batch + ".pt").toString()), 1),
                () -> predicted(build, batch, DType.F32));
        double target = FeatureLevel.has(Feature.AMX_BF16) ? 2.5 : 1.2;
        var half = new Case(name, shape, DType.BF16, Unit.MILLISECONDS);
        if (!FeatureLevel.has(Feature.AVX512_BF16) && !FeatureLevel.has(Feature.AMX_BF16)) {
            bench.notMeasuredHere(half.on("avx512_bf16").atLeast(target), "our F32");
            return;
        }
        bench.measure(half.besideOurs("our F32", target, () -> predicted(build, batch, DType.F32)),
                () -> predicted(build, batch, DType.BF16));
    }

    /** Weights, and all that goes from layer to layer, are of the type. */
    private static Supplier<?> predicted(BiFunction<DType, Rng, Module> build, int batch, DType type) {
        var x = Tensor.randn(Rng.of(2), batch, 3, SIDE, SIDE).to(type).compute();
        var model = build.apply(type, Rng.of(1)).pack();
        return seen(() -> model.forward(x, Pass.inference()));
    }

    private static void vit(SideBySide bench) {
        int batch = 64, classes = 10;
        var c = row("step of ViT, 6 layers, 192 wide", "50 tokens, batch " + batch, Unit.MILLISECONDS, "torchvision", "train_vit",
                Map.of("side", 28, "patch", 4, "width", 192, "depth", 6, "heads", 3, "batch", batch, "classes", classes), 1.2);
        bench.measure(c,
                () -> NnSuite.step(new VisionTransformer(new VisionTransformerConfig(28, 4, 1, 192, 6, 3).withClasses(classes), Rng.of(1)),
                        Tensor.randn(Rng.of(2), batch, 1, 28, 28).compute(), Tensor.randint(Rng.of(3), 0, classes, batch).compute()));
    }

    private static void denoiser(SideBySide bench) {
        int batch = 64, steps = 1000;
        var c = row("step of DDPM's U-Net, 32-64-128", "28x28, batch " + batch, Unit.MILLISECONDS, "PyTorch", "train_denoiser",
                Map.of("widths", List.of(32, 64, 128), "side", 28, "batch", batch, "steps", steps), 1);
        bench.measure(c, () -> {
            var net = new UNet(UNetConfig.denoiser(1, 32, 64, 128), Rng.of(1));
            var x = Tensor.randn(Rng.of(2), batch, 1, 28, 28).compute();
            var ddpm = new Ddpm(NoiseSchedule.linear(steps));
            return stepped(net, pass -> ddpm.loss((noisy, t, condition, p) -> net.forward(noisy, t, condition, p), x, null, pass));
        });
    }

    private static void regions(SideBySide bench) {
        int side = 320, batch = 2, classes = 3, objects = 4;
        var c = row("step of Faster R-CNN on ResNet-18", side + "x" + side + ", batch " + batch, Unit.MILLISECONDS, "torchvision",
                "train_regions", Map.of("side", side, "batch", batch, "classes", classes, "objects", objects), 0.9);
        bench.measure(c, () -> {
            var anchors = new AnchorGrid(32, List.of(64.0, 128.0, 256.0), List.of(0.5, 1.0, 2.0));
            var net = new RegionDetector(new ResNet(ResNetConfig.resnet18().withClasses(0), Rng.of(1)),
                    new RegionDetectorConfig(classes, anchors).withCrop(64), Rng.of(2));
            var x = Tensor.rand(Rng.of(3), batch, 3, side, side).compute();
            var truths = new ArrayList<Detector.Truth>();
            for (int i = 0; i < batch; i++) truths.add(truth(objects, classes, side, Rng.of(10 + i)));
            return stepped(net, pass -> net.loss(x, truths, pass));
        });
    }

    private static Detector.Truth truth(int objects, int classes, double side, Rng rng) {
        var boxes = new double[objects][];
        var kinds = new int[objects];
        for (int i = 0; i < objects; i++) {
            double left = 0.6 * side * rng.nextDouble(), top = 0.6 * side * rng.nextDouble();
            boxes[i] = new double[] {left, top, left + 40 + side / 4 * rng.nextDouble(), top + 40 + side / 4 * rng.nextDouble()};
            kinds[i] = rng.nextInt(classes);
        }
        return new Detector.Truth(Tensor.of(boxes), kinds);
    }

    private static void mamba(SideBySide bench) {
        int width = 256, state = 16, length = 2048, batch = 4;
        for (boolean backward : new boolean[] {false, true}) {
            var c = row("Mamba, 256 wide, state 16" + (backward ? ", both directions" : ", forward"), length + " steps, batch " + batch,
                    Unit.MILLISECONDS, "PyTorch", "mamba",
                    Map.of("width", width, "state", state, "length", length, "batch", batch, "backward", backward), 3);
            bench.measure(c, () -> {
                var net = new Mamba(new MambaConfig(width).withState(state), Rng.of(1));
                var x = Tensor.randn(Rng.of(2), batch, length, width).compute();
                Supplier<Tensor> f = () -> net.run(x, net.initial(batch), Pass.inference()).y();
                return backward ? swept(net, f) : seen(f);
            });
        }
        int times = 8;
        var longer = new Case("Mamba, 256 wide, forward", times * length + " steps", DType.F32, Unit.MILLISECONDS);
        bench.measure(longer.besideCalls(times + " times " + length + " steps", SAME, new Repeated(times, () -> over(length))),
                () -> over(times * length));
    }

    private static Supplier<?> over(int length) {
        var net = new Mamba(new MambaConfig(256), Rng.of(1));
        var x = Tensor.randn(Rng.of(2), 1, length, 256).compute();
        return seen(() -> net.run(x, net.initial(1), Pass.inference()).y());
    }

    /** What so many calls of something take each time. */
    private static final class Repeated implements IntToDoubleFunction {
        private final int times;
        private final Supplier<Supplier<?>> body;
        private IntToDoubleFunction clock;

        Repeated(int times, Supplier<Supplier<?>> body) {
            this.times = times;
            this.body = body;
        }

        @Override public double applyAsDouble(int calls) {
            if (clock == null) clock = Timing.clock(body.get());
            return clock.applyAsDouble(times * calls);
        }
    }

    /** A token costs as much late as early: the state does not grow. */
    private static void decoding(SideBySide bench) {
        int early = 10, late = 10_000, tokens = 64, layers = 2;
        var models = List.<Map.Entry<String, Function<Rng, RecurrentModel>>>of(
                Map.entry("Mamba", rng -> Mamba.model(new MambaConfig(256), tokens, layers, rng)),
                Map.entry("RWKV", rng -> Rwkv.model(new RwkvConfig(256, layers), tokens, rng)),
                Map.entry("xLSTM", rng -> XLstm.model(new XLstmConfig(256, 4, layers, XLstmConfig.Cell.MATRIX), tokens, rng)));
        for (var model : models) {
            var c = new Case(model.getKey() + ", a token behind " + late, layers + " layers, 256 wide", DType.F32, Unit.MICROSECONDS);
            bench.measure(c.besideOurs("behind " + early, SAME, () -> token(model.getValue(), early, tokens)),
                    () -> token(model.getValue(), late, tokens));
        }
    }

    private static Supplier<?> token(Function<Rng, RecurrentModel> build, int position, int tokens) {
        var model = build.apply(Rng.of(1));
        var state = Autograd.noGrad(() -> {
            var now = model.initial(1);
            for (int done = 0; done < position;) {
                int n = Math.min(1000, position - done);
                now = model.run(Tensor.randint(Rng.of(2 + done), 0, tokens, 1, n).compute(), now, Pass.inference()).state();
                done += n;
            }
            return now;
        });
        var next = Tensor.of(new int[] {3}, 1, 1);
        return seen(() -> model.run(next, state, Pass.inference()).logits());
    }

    private static GraphData graph() {
        var rng = Rng.of(1);
        int[] source = new int[EDGES], target = new int[EDGES];
        for (int e = 0; e < EDGES; e++) {
            source[e] = rng.nextInt(NODES);
            target[e] = rng.nextInt(NODES);
        }
        return GraphData.of(NODES, source, target);
    }

    private static void graphs(SideBySide bench) {
        var shape = NODES + " nodes, " + EDGES + " edges, width " + WIDTH;
        for (boolean own : new boolean[] {true, false}) {
            var gcn = row("GCN layer, both directions" + (own ? "" : ", torch-sparse"), shape, Unit.MILLISECONDS,
                    own ? "PyTorch" : "torch-sparse", "gcn", Map.of("nodes", NODES, "edges", EDGES, "width", WIDTH, "own", own), 1);
            bench.measure(gcn, () -> {
                var graph = graph();
                var layer = new GcnLayer(WIDTH, WIDTH, Rng.of(2));
                var x = Tensor.randn(Rng.of(3), NODES, WIDTH).compute();
                return swept(layer, () -> layer.forward(graph, x, Pass.inference()));
            });
            var gat = row("GAT layer, 8 heads, both directions" + (own ? "" : ", torch-scatter"), shape, Unit.MILLISECONDS,
                    own ? "PyTorch" : "torch-scatter", "gat",
                    Map.of("nodes", NODES, "edges", EDGES, "width", WIDTH, "heads", 8, "own", own), 1.5);
            bench.measure(gat, () -> {
                var graph = graph();
                var layer = new GatLayer(WIDTH, WIDTH / 8, 8, true, Rng.of(2));
                var x = Tensor.randn(Rng.of(3), NODES, WIDTH).compute();
                return swept(layer, () -> layer.forward(graph, x, Pass.inference()));
            });
        }
    }

    private static void splats(SideBySide bench) {
        int n = 2000, side = 64;
        for (boolean backward : new boolean[] {false, true}) {
            var c = row("splatting " + n + " Gaussians" + (backward ? ", both directions" : ""), side + "x" + side, Unit.MILLISECONDS,
                    "PyTorch", "splats", Map.of("n", n, "side", side, "backward", backward), 5);
            bench.measure(c, () -> {
                var model = GaussianSplatting.random(n, 1, 0, DType.F32, Rng.of(1));
                var camera = Camera.lookAt(new double[] {0, 0, -4}, new double[3], new double[] {0, -1, 0}, 50, side, side);
                Supplier<Tensor> f = () -> model.render(camera, null).colour();
                return backward ? swept(model, f) : seen(f);
            });
        }
    }

    private static void whisper(SideBySide bench) {
        var config = WhisperConfig.tiny();
        var hear = row("Whisper tiny, encoder", "30 s", Unit.MILLISECONDS, "PyTorch", "hear", Map.of("width", config.width(), "heads",
                config.heads(), "layers", config.encoderLayers(), "bands", config.bands(), "frames", config.frames()), 1);
        bench.measure(hear, () -> {
            var model = new Whisper(config, Rng.of(1));
            model.pack();
            var x = Tensor.randn(Rng.of(2), 1, config.bands(), config.frames()).compute();
            return seen(() -> model.hear(x, Pass.inference()));
        });
        var arguments = Map.of("width", config.width(), "heads", config.heads(), "layers", config.decoderLayers(), "places",
                config.places(), "vocabulary", config.tokens().count(), "tokens", TOKENS, "bf16", false);
        bench.measure(row("Whisper tiny, decoding " + TOKENS + " tokens", "batch 1", Unit.MILLISECONDS, "PyTorch", "write", arguments, 1),
                () -> written(BlockFormat.F32));
        bench.measure(row("Whisper tiny, decoding " + TOKENS + " tokens, BF16 weights", "batch 1", Unit.MILLISECONDS, "PyTorch", "write",
                arguments, 1.6), () -> written(BlockFormat.BF16));
    }

    private static Supplier<?> written(BlockFormat format) {
        var model = new Whisper(WhisperConfig.tiny(), Rng.of(1));
        model.pack(format);
        var heard = Tensor.randn(Rng.of(2), 1, model.config().places(), model.config().width()).compute();
        return () -> Autograd.noGrad(() -> {
            var state = model.start(heard, Pass.inference());
            var token = Tensor.of(new int[] {0}, 1, 1);
            for (int i = 0; i < TOKENS; i++) token = model.write(token, state, Pass.inference()).argmax(2).compute();
            return token;
        });
    }

    private static void parts(SideBySide bench) {
        int seconds = 60, n = 10_000, k = 1000, channels = 256, side = 50, bins = 7;
        bench.measure(row("log-mel, 80 bands", seconds + " s", Unit.MILLISECONDS, "torchaudio", "log_mel", Map.of("seconds", seconds), 1),
                () -> {
                    var mel = MelSpectrogram.whisper();
                    var sound = new Sound(Tensor.randn(Rng.of(1), seconds * 16_000L).toFloatArray(), 16_000);
                    return () -> mel.logarithmic(sound).compute();
                });
        bench.measure(row("NMS", n + " boxes", Unit.MILLISECONDS, "torchvision", "nms", Map.of("n", n), 1), () -> {
            Tensor boxes = boxes(n, 1000, 10, 90, 1), scores = Tensor.rand(Rng.of(3), n).compute();
            var suppression = new NonMaxSuppression(0.5);
            return () -> suppression.keep(boxes, scores);
        });
        bench.measure(row("RoIAlign, " + bins + "x" + bins, k + " regions of " + channels + "x" + side + "x" + side, Unit.MILLISECONDS,
                "torchvision", "roi_align", Map.of("n", k, "channels", channels, "side", side, "bins", bins), 1), () -> {
                    var maps = Tensor.randn(Rng.of(1), 1, channels, side, side).compute();
                    Tensor regions = boxes(k, 12 * side, 32, 3 * side, 2);
                    var align = new RoiAlign(bins, 1 / 16.0);
                    return seen(() -> align.of(maps, regions, new int[k]));
                });
    }

    /** Left, top, right, bottom of boxes whose corners lie within {@code extent}. */
    private static Tensor boxes(int n, double extent, double least, double more, long seed) {
        var rng = Rng.of(seed);
        var boxes = new double[n][];
        for (int i = 0; i < n; i++) {
            double left = extent * rng.nextDouble(), top = extent * rng.nextDouble();
            boxes[i] = new double[] {left, top, left + least + more * rng.nextDouble(), top + least + more * rng.nextDouble()};
        }
        return Tensor.of(boxes);
    }

    private static void scipy(SideBySide bench) {
        int n = 500, features = 2048;
        bench.measure(new Case("linear assignment", n + "x" + n, DType.F64, Unit.MILLISECONDS).beside("assignment", Map.of("n", n))
                .needing("SciPy").atLeast(0.9), () -> {
                    double[][] cost = Tensor.rand(Rng.of(1), DType.F64, n, n).toRows();
                    return () -> LinearAssignment.of(cost);
                });
        bench.measure(new Case("Frechet distance", features + " features", DType.F64, Unit.MILLISECONDS)
                .beside("frechet", Map.of("features", features)).needing("SciPy").atLeast(3), () -> {
                    GenerativeMetrics.Moments a = moments(features, 1), b = moments(features, 2);
                    return () -> GenerativeMetrics.frechet(a, b);
                });
    }

    private static GenerativeMetrics.Moments moments(int features, long seed) {
        var rng = Rng.of(seed);
        return GenerativeMetrics.Moments
                .of(Tensor.randn(rng, DType.F64, 2L * features, features).mul(Tensor.rand(rng, DType.F64, features).add(1)).compute());
    }
}
