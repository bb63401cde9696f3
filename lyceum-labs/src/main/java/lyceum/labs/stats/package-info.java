/** Labs of probability, information and statistics. Start from {@code ShannonEntropyLab}. */
package lyceum.labs.stats;
