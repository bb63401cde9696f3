package lyceum.models.multimodal;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.generative.VectorQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.models.generative.diffusion.DiffusionTransformer;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Square pictures as codes: each patch becomes the number of the nearest entry of a book that k-means found, row by row.
 *
 * {@snippet :
 * var codes = PatchCodes.fit(pictures, 4, 64, Rng.of(1));             // (n, 3, 16, 16)
 * Tensor ids = codes.ids(pictures);                                   // (n, 16) below 64
 * Tensor again = codes.pictures(ids);
 * }
 *
 * @see <a href="https://arxiv.org/abs/1711.00937">van den Oord, Vinyals and Kavukcuoglu (2017)</a>
 */
public final class PatchCodes extends Module {
    private final int size, channels, patch;
    private final VectorQuantizer book;

    /** An empty book, to load one into. @param size of pictures @param codes entries */
    public PatchCodes(int size, int channels, int patch, int codes) {
        if (size < 1 || channels < 1 || patch < 1 || size % patch != 0) throw new IllegalArgumentException(
                "PatchCodes: size " + size + ", channels " + channels + ", patch " + patch + "; all at least 1, and patches fill the size");
        this.size = size;
        this.channels = channels;
        this.patch = patch;
        book = new VectorQuantizer(new VectorQuantizerConfig(codes, patch * patch * channels), Rng.of(0));
    }

    /** A book of patches of pictures (n, channels, size, size). */
    public static PatchCodes fit(Tensor pictures, int patch, int codes, Rng rng) {
        if (pictures.rank() != 4 || pictures.size(2) != pictures.size(3))
            throw new ShapeException("PatchCodes: pictures " + pictures.shape() + "; they are (n, channels, size, size)");
        var made = new PatchCodes((int) pictures.size(2), (int) pictures.size(1), patch, codes);
        made.book.start(DiffusionTransformer.patchify(pictures, patch), 50, rng);
        return made;
    }

    public VectorQuantizer book() { return book; }

    /** Codes of a picture. */
    public int length() { return size / patch * (size / patch); }

    /** Entries of the book. */
    public int codes() { return book.config().codes(); }

    /** Codes (n, length), I64, of pictures (n, channels, size, size). */
    public Tensor ids(Tensor pictures) {
        if (pictures.rank() != 4 || pictures.size(1) != channels || pictures.size(2) != size || pictures.size(3) != size)
            throw new ShapeException(
                    "PatchCodes: pictures " + pictures.shape() + "; they are (n, " + channels + ", " + size + ", " + size + ")");
        return book.ids(DiffusionTransformer.patchify(pictures, patch));
    }

    /** Pictures (n, channels, size, size) of codes (n, length). */
    public Tensor pictures(Tensor ids) {
        return Autograd.noGrad(() -> DiffusionTransformer.unpatchify(book.values(ids), patch, channels).compute());
    }

    /** Pictures as their codes show them. */
    @Override protected Tensor compute(Tensor x, Pass pass) { return pictures(ids(x)); }
}
