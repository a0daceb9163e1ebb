// Without this, oclif's output goes to jest's console and captureOutput() sees nothing.
import console from 'node:console'

globalThis.console = console
