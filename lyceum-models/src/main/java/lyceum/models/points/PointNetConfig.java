package lyceum.models.points;

import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.withers.Withers;

/**
 * The shape of a {@link PointNet}.
 *
 * @param inputs of a point: 3 coordinates first, then further features
 * @param classes of a cloud, or of a point
 * @param segments whether points are answered for, not the cloud
 * @param local widths of the first shared layers, whose last one is a point's own feature
 * @param trunk widths of the shared layers before the maximum; the last one is the global feature
 * @param head widths of the layers behind it
 * @param transforms whether coordinates and local features are first turned by matrices that a small network of the same kind finds
 * @param transformTrunk widths of that network before its maximum
 * @param transformHead and behind it
 * @param penalty weight of {@code |I - A A'|^2} for the features' matrix A in training
 * @param norm whether layers have batch norm
 * @param dropout before the last layer, in [0, 1)
 * @param dtype F32 or F64
 */
@Withers
public record PointNetConfig(int inputs, int classes, boolean segments, List<Integer> local, List<Integer> trunk, List<Integer> head,
        boolean transforms, List<Integer> transformTrunk, List<Integer> transformHead, double penalty, boolean norm, double dropout,
        DType dtype) implements PointNetConfigWithers {

    public PointNetConfig {
        if (inputs < 3 || classes < 1)
            throw new IllegalArgumentException("PointNetConfig: " + inputs + " inputs, " + classes + " classes; at least 3 and 1");
        local = List.copyOf(local);
        trunk = List.copyOf(trunk);
        head = List.copyOf(head);
        transformTrunk = List.copyOf(transformTrunk);
        transformHead = List.copyOf(transformHead);
        if (local.isEmpty() || trunk.isEmpty() || transforms && transformTrunk.isEmpty())
            throw new IllegalArgumentException("PointNetConfig: local, trunk and the transforms' trunk have one layer at least");
        for (var widths : List.of(local, trunk, head, transformTrunk, transformHead))
            for (int w : widths) if (w < 1) throw new IllegalArgumentException("PointNetConfig: a width is " + w + "; they are at least 1");
        if (!(penalty >= 0) || !(dropout >= 0 && dropout < 1))
            throw new IllegalArgumentException("PointNetConfig: penalty " + penalty + ", dropout " + dropout + "; at least 0, in [0, 1)");
        Objects.requireNonNull(dtype, "dtype");
    }

    /** The paper's classifier: 64, 64; 64, 128, 1024; 512, 256; transforms of 64, 128, 1024; 512, 256. */
    public static PointNetConfig full(int classes) {
        return new PointNetConfig(3, classes, false, List.of(64, 64), List.of(64, 128, 1024), List.of(512, 256), true,
                List.of(64, 128, 1024), List.of(512, 256), 1e-3, true, 0.3, DType.F32);
    }

    /** For a few shapes: 32, 32; 32, 64, 128; 64; transforms of 16, 32, 64; 32; no dropout. */
    public static PointNetConfig small(int classes) {
        return new PointNetConfig(3, classes, false, List.of(32, 32), List.of(32, 64, 128), List.of(64), true, List.of(16, 32, 64),
                List.of(32), 1e-3, true, 0, DType.F32);
    }
}
