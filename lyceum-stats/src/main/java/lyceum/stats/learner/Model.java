package lyceum.stats.learner;

import java.nio.file.Path;

/**
 * What {@code fit} returns: immutable, safe to share between threads.
 *
 * <p>A model that is a record is saved and loaded by itself: its components may be tensors, numbers, text, enums, arrays, lists, maps with
 * text keys, and further records (see {@link SavedForm}).
 */
public interface Model {
    /** Columns of the data that it was fitted on. */
    int nFeatures();

    /**
     * Writes the model as one safetensors file: arrays as tensors, everything else as JSON in its header.
     *
     * @throws lyceum.LyceumException if a part cannot be saved (the message names it) or the file cannot be written
     */
    default void save(Path file) { ModelFile.write(file, this); }

    /**
     * Reads any model that {@link #save} wrote.
     *
     * @throws lyceum.FormatException if the file is not such a file, is damaged, or is of a later version
     * @throws lyceum.LyceumException if it cannot be read
     */
    static Model load(Path file) { return load(file, Model.class); }

    /** Like {@link #load(Path)}, for a model of a known class: {@code Model.load(file, RidgeModel.class)}. */
    static <M extends Model> M load(Path file, Class<M> type) { return ModelFile.read(file, type); }
}
