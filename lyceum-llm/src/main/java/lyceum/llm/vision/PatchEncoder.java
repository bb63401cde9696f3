package lyceum.llm.vision;

import lyceum.ShapeException;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/** What a {@link VisionLanguageModel} sees with: pictures (n, channels, H, W) to a vector of each patch, (n, patches, width), without class tokens. */
public interface PatchEncoder {
    /** Patch by patch, row by row. */
    Tensor patches(Tensor pictures, Pass pass);

    int width();

    /** Height and width of a patch in pixels. */
    int stride();

    /** Its parameters. */
    Module module();

    /** Patches of a picture. @throws lyceum.ShapeException if its sides are no multiples of a patch's */
    default int count(long height, long width) {
        if (height % stride() != 0 || width % stride() != 0) throw new ShapeException(
                "PatchEncoder: a picture of " + height + " x " + width + " in patches of " + stride() + "; its sides are multiples");
        return (int) (height / stride() * (width / stride()));
    }
}
