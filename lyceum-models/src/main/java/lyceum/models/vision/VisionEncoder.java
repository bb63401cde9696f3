package lyceum.models.vision;

import java.util.List;
import java.util.function.Function;
import lyceum.data.augment.ImageAugment;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.Preprocessing;
import lyceum.nn.InBatches;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * A backbone under any head: pictures (batch, channels, height, width) become a map, tokens and a vector. {@link ResNet}, {@link
 * AlexNet}, {@link SwinTransformer} and
 * {@link VisionTransformer} are such.
 *
 * {@snippet :
 * VisionEncoder encoder = new ResNet(ResNetConfig.resnet18(), rng);
 * Tensor x = encoder.prepared(List.of(Raster.of(picture)));          // resized, cropped, normalised as the encoder was trained
 * Tensor tokens = encoder.encode(x, pass).tokens();                  // for detection, segmentation, language models
 * Tensor features = encoder.features(x, 64);                         // (n, width) under a frozen encoder, for probes and search
 * }
 *
 * @see <a href="https://arxiv.org/abs/1805.08974">Kornblith, Shlens and Le (2019)</a>
 */
public interface VisionEncoder {
    /** What is seen in pictures. Sizes other than those it was trained at are allowed: position tables are interpolated. */
    VisionFeatures encode(Tensor images, Pass pass);

    /** Numbers of a token, and of the pooled vector. */
    int width();

    /** Pixels between neighbouring positions of the map. */
    int stride();

    /** The encoder as a module. */
    Module module();

    /**
     * How pictures are readied: resize, crop, means and deviations. Encoders here crop to the size of their configuration; three channels
     * have ImageNet's means and deviations, another number the means of these over the channels, 0.449 and 0.226.
     */
    default Preprocessing preprocessing() { return new Preprocessing(); }

    /**
     * Pictures as they go in, (n, channels, crop, crop).
     *
     * @param pictures in [0, 1], with as many channels as the encoder takes: red, green and blue, or one of grey
     */
    default Tensor prepared(List<Raster> pictures) {
        if (pictures.isEmpty()) throw new IllegalArgumentException("VisionEncoder.prepared: no picture; give at least one");
        var ready = preprocessing().evaluation();
        return ImageAugment.stacked(pictures.stream().map(p -> ready.apply(p, null)).toArray(Raster[]::new));
    }

    /** Pooled vectors (n, width) under the frozen encoder. */
    default Tensor features(Tensor images, int batch) { return frozen(images, batch, VisionFeatures::pooled); }

    /**
     * A part of what the frozen encoder sees in all pictures: nothing is recorded, dropped or learned, and running statistics stay,
     * whatever pass the rest of a model is in.
     *
     * @param batch pictures at a time, which bounds the memory
     * @param part of the features, with the batch on axis 0
     */
    default Tensor frozen(Tensor images, int batch, Function<VisionFeatures, Tensor> part) {
        return InBatches.of(images, batch, some -> part.apply(encode(some, Pass.inference())));
    }
}
