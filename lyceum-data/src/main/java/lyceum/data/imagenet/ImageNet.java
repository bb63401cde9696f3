package lyceum.data.imagenet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.data.WordNet;

/**
 * A data set laid out as ILSVRC 2012: {@code train/<synset>/*.JPEG}; {@code val} either the same, or flat with its labels in the devkit's
 * {@code data/ILSVRC2012_validation_ground_truth.txt}, which gives one ILSVRC2012_ID a picture in order of file names; the ids' synsets in
 * {@code data/map_clsloc.txt}, lines of {@code n02119789 1 kit_fox}.
 *
 * <p>Classes are numbered by sorted synset ids, as the weights that people publish expect. The devkit's own numbers begin with kit fox and are another
 * order: {@link #ilsvrcIds} has them.
 *
 * @param train pictures to learn from @param validation pictures to judge by, with the same class numbers
 * @param ilsvrcIds of each class in the devkit, from 1; empty where there is no devkit
 * @see <a href="https://arxiv.org/abs/1409.0575">Russakovsky and others (2015)</a>
 */
public record ImageNet(ImageFolder train, ImageFolder validation, int[] ilsvrcIds) {
    private static final String TRUTH = "ILSVRC2012_validation_ground_truth.txt", SYNSETS = "map_clsloc.txt";

    /** With validation pictures in a folder a class. @throws LyceumException if a validation class has no training folder */
    public static ImageNet read(Path root) throws IOException {
        ImageFolder train = ImageFolder.of(root.resolve("train")), own = ImageFolder.of(root.resolve("val"));
        var labels = new int[own.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = number(train, own.classes().get(own.labels()[i]));
        return new ImageNet(train, new ImageFolder(own.files(), labels, train.classes()), new int[0]);
    }

    private static int number(ImageFolder train, String synset) {
        int found = train.classes().indexOf(synset);
        if (found < 0) throw new LyceumException("ImageNet: the validation class " + synset + " has no folder of training pictures");
        return found;
    }

    /** With flat validation pictures and the devkit. @throws FormatException if its files are malformed or do not fit the pictures: names file and line */
    public static ImageNet read(Path root, Path devkit) throws IOException {
        var train = ImageFolder.of(root.resolve("train"));
        var data = Files.isDirectory(devkit.resolve("data")) ? devkit.resolve("data") : devkit;
        var classOf = new HashMap<Integer, Integer>();
        var ids = new int[train.classes().size()];
        var lines = Files.readAllLines(data.resolve(SYNSETS));
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).isBlank()) continue;
            var parts = lines.get(i).trim().split("\\s+");
            int id = parts.length < 2 ? -1 : number(parts[1]);
            if (id < 1)
                throw new FormatException(data.resolve(SYNSETS) + ", line " + (i + 1) + ": '" + lines.get(i) + "' is not 'synset id name'");
            int found = train.classes().indexOf(parts[0]);
            if (found < 0) continue; // a part of the classes may be all there is
            classOf.put(id, found);
            ids[found] = id;
        }
        var files = ImageFolder.sorted(root.resolve("val")).stream().filter(ImageFolder::isPicture).toList();
        var truth = Files.readAllLines(data.resolve(TRUTH)).stream().filter(line -> !line.isBlank()).toList();
        if (truth.size() != files.size()) throw new FormatException(
                data.resolve(TRUTH) + " has " + truth.size() + " lines for " + files.size() + " pictures in " + root.resolve("val"));
        var labels = new int[files.size()];
        for (int i = 0; i < labels.length; i++) {
            var found = classOf.get(number(truth.get(i).trim()));
            if (found == null)
                throw new FormatException(data.resolve(TRUTH) + ", line " + (i + 1) + ": no training folder has id " + truth.get(i).trim());
            labels[i] = found;
        }
        return new ImageNet(train, new ImageFolder(files, labels, train.classes()), ids);
    }

    private static int number(String text) { return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1; }

    /** What the classes are called, commonest word first. Two classes may share a name: crane, the bird and the machine. */
    public List<String> names(WordNet wordnet) { return train.classes().stream().map(id -> wordnet.synset(id).name()).toList(); }

    /** The classes' annotations, {@code folder/<synset>/*.xml}, or flat; in order of file names. */
    public static List<Localization> localizations(Path folder) throws IOException {
        var found = new ArrayList<Localization>();
        for (var entry : ImageFolder.sorted(folder)) {
            if (Files.isDirectory(entry)) found.addAll(localizations(entry));
            else if (entry.toString().endsWith(".xml")) found.add(Localization.read(entry));
        }
        return found;
    }
}
