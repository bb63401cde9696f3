package lyceum.retrieval;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a {@link SemanticSearch} is in a folder: {@code passages.json}, which tells the generation, and files of that generation.
 *
 * @param generation from 1 on; 0 is what formatVersion 1 has
 */
record SearchFiles(int generation) {
    static final String PASSAGES = "passages.json", WORDS = "words";

    /** Those of which the folder has none, but for what a writing that broke off left. */
    static SearchFiles unused(Path folder) {
        var files = new SearchFiles(1);
        while (Files.isRegularFile(folder.resolve(files.vectors())) || InvertedIndex.has(folder.resolve(WORDS), files.generation))
            files = new SearchFiles(files.generation + 1);
        return files;
    }

    String vectors() { return generation == 0 ? "vectors.lyx" : "vectors-" + generation + ".lyx"; }

    /** In the folder {@link #WORDS}. */
    String words() { return generation == 0 ? InvertedIndex.MANIFEST : "index-" + generation + ".lyx"; }

    /** Whether a name in the folder is that of a file of any generation. */
    static boolean isOne(String name) { return name.startsWith(WORDS + "/") || name.matches("vectors(-\\d+)?\\.lyx"); }
}
