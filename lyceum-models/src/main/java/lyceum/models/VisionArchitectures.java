package lyceum.models;

import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import lyceum.DType;
import lyceum.models.Architecture.Use;
import lyceum.models.vision.AlexNet;
import lyceum.models.vision.AlexNetConfig;
import lyceum.models.vision.CapsuleNetwork;
import lyceum.models.vision.CapsuleNetworkConfig;
import lyceum.models.vision.ConvNet;
import lyceum.models.vision.ConvNetConfig;
import lyceum.models.vision.ResNet;
import lyceum.models.vision.ResNetConfig;
import lyceum.models.vision.SwinTransformer;
import lyceum.models.vision.SwinTransformerConfig;
import lyceum.models.vision.UNet;
import lyceum.models.vision.UNetConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.models.vision.detect.AnchorGrid;
import lyceum.models.vision.detect.Detector;
import lyceum.models.vision.detect.Detr;
import lyceum.models.vision.detect.DetrConfig;
import lyceum.models.vision.detect.RegionDetector;
import lyceum.models.vision.detect.RegionDetectorConfig;
import lyceum.models.vision.detect.Yolo;
import lyceum.models.vision.detect.YoloCoding;
import lyceum.models.vision.detect.YoloConfig;
import lyceum.models.vision.segment.InstanceSegmenter;
import lyceum.models.vision.segment.InstanceSegmenter.Instance;
import lyceum.models.vision.segment.MaskRcnn;
import lyceum.models.vision.segment.MaskTransformer;
import lyceum.models.vision.segment.SemanticSegmenter;
import lyceum.nn.Activation;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Classifiers, detectors and segmenters of pictures. */
final class VisionArchitectures {
    private static final int SIDE = 16;

    private VisionArchitectures() {}

    static List<Architecture<?, ?>> all() {
        return List.of(
                Architecture.of("AlexNet", AlexNetConfig.class, AlexNet.class, AlexNet::new,
                        new AlexNetConfig(3, 31, List.of(4, 6, 8, 8, 6), 5, 2, 2, 1, 12, 5, Activation.RELU, true, true, 0.5,
                                AlexNetConfig.Start.HE, DType.F32),
                        Examples.pictures(3, 31)),
                Architecture.of("ConvNet", ConvNetConfig.class, ConvNet.class, ConvNet::new,
                        new ConvNetConfig(3, SIDE, SIDE, List.of(4, 6), 5).withConvolutions(2).withHidden(7), Examples.pictures(3, SIDE)),
                Architecture.of("ResNet", ResNetConfig.class, ResNet.class, ResNet::new, backbone().withClasses(5),
                        Examples.pictures(3, SIDE)),
                Architecture.of("VisionTransformer", VisionTransformerConfig.class, VisionTransformer.class, VisionTransformer::new,
                        new VisionTransformerConfig(SIDE, 4, 3, 16, 2, 2).withClasses(5), Examples.pictures(3, SIDE)),
                Architecture.of("SwinTransformer", SwinTransformerConfig.class, SwinTransformer.class, SwinTransformer::new,
                        new SwinTransformerConfig(3, 2, 8, List.of(2, 1), List.of(2, 4), 4, true, 2, 0.1, 5, DType.F32),
                        Examples.pictures(3, SIDE)),
                Architecture.of("CapsuleNetwork", CapsuleNetworkConfig.class, CapsuleNetwork.class, CapsuleNetwork::new,
                        new CapsuleNetworkConfig(1, 8, 3, 6, 3, 2, 2, 4, 4, 3, 8, 0.02, DType.F32), Examples.pictures(1, 8),
                        (m, x, pass) -> m.forward(x.getFirst(), pass),
                        (m, x, pass) -> m.loss(x.getFirst(), Tensor.arange(x.getFirst().size(0)).mod(3), pass)),
                Architecture.of("UNet", UNetConfig.class, UNet.class, UNet::new, UNetConfig.padded(3, 2, 4, 8), Examples.pictures(3, SIDE)),
                detector("Yolo", YoloConfig.class, Yolo.class, Yolo::new, new YoloConfig(2, YoloCoding.ANCHOR_FREE).withWidth(4)),
                detector("Detr", Detr.Plan.class, Detr.class, Detr.Plan::build, new Detr.Plan(backbone(), queries())),
                detector("RegionDetector", RegionDetector.Plan.class, RegionDetector.class, RegionDetector.Plan::build,
                        new RegionDetector.Plan(backbone(), regions())),
                instances("MaskRcnn", MaskRcnn.Plan.class, MaskRcnn.class, MaskRcnn.Plan::build, new MaskRcnn.Plan(backbone(), regions())),
                instances("MaskTransformer", MaskTransformer.Plan.class, MaskTransformer.class, MaskTransformer.Plan::build,
                        new MaskTransformer.Plan(backbone(), 4, queries())),
                Architecture.of("SemanticSegmenter", SemanticSegmenter.Plan.class, SemanticSegmenter.class, SemanticSegmenter.Plan::build,
                        new SemanticSegmenter.Plan(backbone(), new SemanticSegmenter.Fcn(1), 3), Examples.pictures(3, SIDE)));
    }

    private static ResNetConfig backbone() { return ResNetConfig.cifar(8).withWidth(4).withBlocks(List.of(1, 1)).withClasses(0); }

    private static DetrConfig queries() { return new DetrConfig(2, 4, 8, 2, 16, 1, 1, 5, 2, 0.1, true); }

    private static RegionDetectorConfig regions() {
        return new RegionDetectorConfig(2, new AnchorGrid(2, 6.0, 10.0)).withCrop(SIDE).withHidden(12).withBins(3);
    }

    private static <C extends Record, M extends Module & Detector> Architecture<C, M> detector(String name, Class<C> config, Class<M> model,
            BiFunction<C, Rng, M> builder, C example) {
        Use<M> loss = (m, x, pass) -> m.loss(x.getFirst(), truths(x.getFirst().size(0)), pass);
        return Architecture.of(name, config, model, builder, example, Examples.pictures(3, SIDE),
                (m, x, pass) -> m.forward(x.getFirst(), pass), loss);
    }

    private static List<Detector.Truth> truths(long n) {
        var boxes = Tensor.of(new double[] {2, 3, 8, 9, 5, 6, 15, 14}, 2, 4);
        return Collections.nCopies((int) n, new Detector.Truth(boxes, new int[] {0, 1}));
    }

    private static <C extends Record, M extends Module & InstanceSegmenter> Architecture<C, M> instances(String name, Class<C> config,
            Class<M> model, BiFunction<C, Rng, M> builder, C example) {
        Use<M> loss = (m, x, pass) -> m.loss(x.getFirst(),
                Collections.nCopies((int) x.getFirst().size(0), List.of(square(0, 2, 8), square(1, 5, 15))), pass);
        return Architecture.of(name, config, model, builder, example, Examples.pictures(3, SIDE),
                (m, x, pass) -> m.forward(x.getFirst(), pass), loss);
    }

    private static Instance square(int kind, int from, int to) {
        var mask = new boolean[SIDE * SIDE];
        for (int y = from; y < to; y++) for (int x = from; x < to; x++) mask[y * SIDE + x] = true;
        return new Instance(kind, mask);
    }
}
