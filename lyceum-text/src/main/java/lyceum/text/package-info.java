/**
 * Text to ids and back. Start at {@code Tokenizer}: every kind of tokenizer is one, and {@code Encoding} is what it gives. {@code TokenizerPipeline} is the one out of
 * parts ({@code TokenizerSpec}: normalizer, pre-tokenizer, model, template, decoder), which reads and writes {@code tokenizer.json}; {@code SentencePiece} and
 * {@code Tiktoken} read other files. {@code BpeTrainer}, {@code WordPieceTrainer} and {@code UnigramTrainer} learn one. {@code WordTokenizer} and
 * {@code ByteTokenizer} learn nothing. {@code TokenCounter}, {@code VocabularySizing} and {@code TokenizationReport} count.
 *
 * <p>Everything works on UTF-8: {@code internal.AlignedText} knows for every byte where in the original it is from. A pattern out of a file runs on a
 * deterministic automaton over classes of characters that is built as it is used (2 to 3 ns a byte), so the patterns of GPT-2, cl100k and o200k need no code of their own;
 * one that reads ahead in vain again and again goes on with an oracle that was built backwards, which keeps all matches together linear.
 *
 * <p>Counting words and comparing texts is {@code lyceum.text.count}, language models are {@code lyceum.text.lm}, vectors of words
 * {@code lyceum.text.vector}, of whole texts {@code lyceum.text.encoder}, indexes {@code lyceum.retrieval}.
 */
package lyceum.text;
