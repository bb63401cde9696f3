package lyceum.models.threed;

import lyceum.withers.Withers;

/**
 * The shape of a {@link Nerf}, and how it samples rays.
 *
 * @param near where rays begin
 * @param far where they end, above near
 * @param samples of a ray for the coarse network, at least 3
 * @param fine further samples for the fine one; 0 for one network alone
 * @param frequencies L of the place's encoding {@code (x, sin 2^k pi x, cos 2^k pi x)}, k below L; 0 for the place itself
 * @param directionFrequencies and of the direction's
 * @param width of the layers
 * @param layers before the density, at least 1
 * @param white whether the background is white; else black
 */
@Withers
public record NerfConfig(double near, double far, int samples, int fine, int frequencies, int directionFrequencies, int width, int layers,
        boolean white) implements NerfConfigWithers {

    public NerfConfig {
        if (!(near >= 0 && far > near))
            throw new IllegalArgumentException("NerfConfig: rays from " + near + " to " + far + "; 0 or more to more");
        if (samples < 3 || fine < 0 || frequencies < 0 || directionFrequencies < 0 || width < 1 || layers < 1)
            throw new IllegalArgumentException("NerfConfig: " + samples + " samples, " + fine + " fine, " + frequencies + " and "
                    + directionFrequencies + " frequencies, " + layers + " layers of " + width + "; at least 3, 0, 0, 0, 1, 1");
    }

    /** 24 samples and 24 fine ones, 6 and 2 frequencies, two layers of 64, black. The paper has 64, 128, 10, 4, eight layers of 256. */
    public NerfConfig(double near, double far) { this(near, far, 24, 24, 6, 2, 64, 2, false); }
}
