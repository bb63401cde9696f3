package lyceum.retrieval;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What a {@link SemanticSearch} is in a folder: {@code passages.json}, which tells the generation, and files of that generation.
 *
 * @param generation from 1 on; 0 is what formatVersion 1 has
 */
record SearchFiles(int generation) {
    static final String PASSAGES = "passages.json", WORDS = "words";
    private static final Pattern VECTORS = Pattern.compile("vectors-(\\d{1,9})\\.lyx");

    /** Those of which the folder has none, nor what a writing that broke off left. */
    static SearchFiles unused(Path folder) throws IOException {
        return new SearchFiles(Math.max(NamedFiles.next(folder, VECTORS), NamedFiles.next(folder.resolve(WORDS), InvertedIndex.SEGMENT)));
    }

    String vectors() { return generation == 0 ? "vectors.lyx" : "vectors-" + generation + ".lyx"; }

    /** In the folder {@link #WORDS}. */
    String words() { return generation == 0 ? InvertedIndex.MANIFEST : "index-" + generation + ".lyx"; }

    /** Whether a name in the folder is that of a file of any generation. */
    static boolean isOne(String name) { return name.startsWith(WORDS + "/") || name.matches("vectors(-\\d+)?\\.lyx"); }
}
