package lyceum.text;

/** How a word becomes pieces of a vocabulary: the models of Hugging Face's {@code tokenizer.json}. */
public sealed interface SubwordModel permits Bpe, WordPiece, Unigram, WordLevel {
    /** The pieces by id. */
    Vocabulary vocabulary();

    /** The piece that stands for what no piece spells, null for none. */
    String unknown();
}
