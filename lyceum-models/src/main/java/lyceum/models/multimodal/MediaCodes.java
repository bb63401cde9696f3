package lyceum.models.multimodal;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.models.audio.NeuralAudioCodec;
import lyceum.models.generative.VectorQuantizer;
import lyceum.tensor.Tensor;

/**
 * Pictures, sounds or clips of one size as strings of codes of one length, for a {@link UnifiedModel}; other codes are other
 * implementations.
 *
 * {@snippet :
 * MediaCodes image = new MediaCodes.Pictures(PatchCodes.fit(pictures, 4, 64, rng));
 * MediaCodes sound = new MediaCodes.Codec(codec, 8000);
 * MediaCodes clip = new MediaCodes.Clips(PatchCodes.fit(frames, 4, 64, rng), 3);
 * }
 */
public interface MediaCodes {
    /** Codes that there are, numbered from 0. */
    int codes();

    /** Codes of an item. */
    int length();

    /** Codes (n, length) of items (n, ..). */
    Tensor ids(Tensor items);

    /** Items (n, ..) of codes (n, length). */
    Tensor items(Tensor ids);

    /** Pictures (n, channels, size, size). */
    record Pictures(PatchCodes patches) implements MediaCodes {
        @Override public int codes() { return patches.codes(); }

        @Override public int length() { return patches.length(); }

        @Override public Tensor ids(Tensor items) { return patches.ids(items); }

        @Override public Tensor items(Tensor ids) { return patches.pictures(ids); }
    }

    /** Clips (n, frames, channels, size, size), frame by frame. */
    record Clips(PatchCodes patches, int frames) implements MediaCodes {
        public Clips {
            if (frames < 1) throw new IllegalArgumentException("MediaCodes.Clips: " + frames + " frames; at least 1");
        }

        @Override public int codes() { return patches.codes(); }

        @Override public int length() { return frames * patches.length(); }

        @Override public Tensor ids(Tensor items) {
            if (items.rank() != 5 || items.size(1) != frames)
                throw new ShapeException("MediaCodes: clips " + items.shape() + "; they are (n, " + frames + ", channels, size, size)");
            return patches.ids(items.reshape(items.size(0) * frames, items.size(2), items.size(3), items.size(4))).reshape(items.size(0),
                    length());
        }

        @Override public Tensor items(Tensor ids) {
            var all = patches.pictures(ids.reshape(ids.size(0) * frames, patches.length()));
            return all.reshape(ids.size(0), frames, all.size(1), all.size(2), all.size(3));
        }
    }

    /** Sounds (n, length window) by a book of short windows. */
    record Windows(VectorQuantizer book, int length) implements MediaCodes {
        public Windows {
            Objects.requireNonNull(book, "book");
            if (length < 1) throw new IllegalArgumentException("MediaCodes.Windows: " + length + " windows; at least 1");
        }

        @Override public int codes() { return book.config().codes(); }

        @Override public Tensor ids(Tensor items) {
            if (items.rank() != 2 || items.size(1) != (long) length * book.config().width())
                throw new ShapeException("MediaCodes: sounds " + items.shape() + "; they are (n, " + length * book.config().width() + ")");
            return book.ids(items.reshape(items.size(0), length, -1));
        }

        @Override public Tensor items(Tensor ids) { return Autograd.noGrad(() -> book.values(ids).reshape(ids.size(0), -1).compute()); }
    }

    /** Sounds (n, 1, samples) by a codec: the books of a frame one after another, each with numbers of its own. */
    record Codec(NeuralAudioCodec codec, int samples) implements MediaCodes {
        public Codec {
            if (samples < 1 || samples % codec.config().hop() != 0) throw new IllegalArgumentException(
                    "MediaCodes.Codec: " + samples + " samples; a multiple of the hop, " + codec.config().hop());
        }

        private int books() { return codec.config().books(); }

        @Override public int codes() { return books() * codec.config().book().codes(); }

        @Override public int length() { return samples / codec.config().hop() * books(); }

        private Tensor firsts() { return Tensor.arange(books()).mul(codec.config().book().codes()).reshape(1, 1, -1); }

        @Override public Tensor ids(Tensor items) {
            return Autograd.noGrad(() -> codec.encode(items).transpose(1, 2).add(firsts()).reshape(items.size(0), length()).compute());
        }

        /** A code of another book than its place's becomes the nearest number of its own. */
        @Override public Tensor items(Tensor ids) {
            int size = codec.config().book().codes();
            return Autograd.noGrad(() -> codec
                    .decode(ids.reshape(ids.size(0), -1, books()).sub(firsts()).maximum(0).minimum(size - 1).transpose(1, 2)).compute());
        }
    }
}
