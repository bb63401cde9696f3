package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import lyceum.data.Dataset;
import lyceum.data.augment.Raster;
import lyceum.data.imagenet.ImageFolder;
import lyceum.random.Rng;

/** Labelled pictures that are read one at a time: of a folder, or of a set in memory. */
interface PictureSet {
    int size();

    List<String> classes();

    int label(int row);

    /** Values from 0 to 1. @throws lyceum.FormatException naming the file, if it is damaged */
    Raster read(int row);

    /** What a message calls it. */
    String nameOf(int row);

    /** Some of them, in this order. */
    default PictureSet rows(int... rows) {
        var all = this;
        return new PictureSet() {
            @Override public int size() { return rows.length; }

            @Override public List<String> classes() { return all.classes(); }

            @Override public int label(int row) { return all.label(rows[row]); }

            @Override public Raster read(int row) { return all.read(rows[row]); }

            @Override public String nameOf(int row) { return all.nameOf(rows[row]); }
        };
    }

    /** Those that can be read, as the policy says. */
    default PictureSet readable(Damaged damaged) {
        int[] kept = damaged.readable(size(), "pictures", this::read);
        return kept.length == size() ? this : rows(kept);
    }

    /** A share of them, drawn at random, and the rest, both in their order. */
    default PictureSet[] parted(double share, Rng rng) {
        int[] order = rng.permutation(size());
        int n = Math.clamp(Math.round(share * size()), 1, size() - 1);
        int[] first = Arrays.copyOf(order, n), rest = Arrays.copyOfRange(order, n, order.length);
        Arrays.sort(first);
        Arrays.sort(rest);
        return new PictureSet[] {rows(first), rows(rest)};
    }

    /** At most so many, drawn at random, in their order. */
    default PictureSet limited(int most, Rng rng) {
        if (most >= size()) return this;
        return rows(Arrays.stream(rng.permutation(size())).limit(most).sorted().toArray());
    }

    /** @param classes numbers follow this list, such as that of the training folder; null for the folder's own */
    static PictureSet of(Path folder, List<String> classes) throws IOException {
        var found = ImageFolder.of(folder);
        var names = classes == null ? found.classes() : classes;
        for (var name : found.classes())
            if (!names.contains(name))
                throw new IOException(folder + ": there is a folder " + name + "; the classes of the training data are " + names);
        int[] number = found.classes().stream().mapToInt(names::indexOf).toArray();
        return new PictureSet() {
            @Override public int size() { return found.size(); }

            @Override public List<String> classes() { return names; }

            @Override public int label(int row) { return number[found.labels()[row]]; }

            @Override public Raster read(int row) { return found.read(row); }

            @Override public String nameOf(int row) { return found.files().get(row).toString(); }
        };
    }

    /** Pictures in memory, (n, height, width) or (n, channels, height, width). */
    static PictureSet of(Dataset data) {
        int[] labels = data.labels();
        var classes = data.classNames().isEmpty() ? IntStream.range(0, data.classes()).mapToObj(String::valueOf).toList()
                : data.classNames();
        return new PictureSet() {
            @Override public int size() { return data.size(); }

            @Override public List<String> classes() { return classes; }

            @Override public int label(int row) { return labels[row]; }

            @Override public Raster read(int row) { return Raster.of(data.x().get(row)); }

            @Override public String nameOf(int row) { return String.valueOf(row); }
        };
    }
}
