package io.ustack.apps.bench;

import java.util.List;

/**
 * What a figure is about.
 *
 * @param wire pipe, memif or null
 * @param mode who runs the stack: inline or dedicated
 * @param transport between DPDK and the stack: direct or ring; empty where there is none
 * @param jdk version
 * @param notes what else one should know
 */
record Subject(
    Cell cell, String wire, String mode, String transport, String jdk, List<String> notes) {}
