//! Classes of weapons.

use crate::words::words;

words! {
/// What was used, moved or seen, as far as an observer can tell by ear or by eye. The words are
/// those that packs list in `withdrawal` clauses, where these exist.
WeaponClass {
    /// Rifles and light machine guns.
    SmallArms = "small_arms",
    /// Machine guns of 12.7 mm and more.
    HeavyMachineGun = "heavy_machine_gun",
    /// Guns against aircraft, at whatever they fire.
    AntiAircraftGun = "anti_aircraft_gun",
    /// Grenades, thrown or launched.
    Grenade = "grenade",
    /// Recoilless guns and guided missiles against armour.
    AntiTank = "anti_tank",
    /// Armoured vehicles other than tanks, and their guns.
    ArmouredVehicle = "armoured_vehicle",
    /// Tanks and their guns.
    Tank = "tank",
    /// Mortars.
    Mortar = "mortar",
    /// Guns and howitzers.
    Artillery = "artillery",
    /// Rockets from several tubes.
    RocketArtillery = "rocket_artillery",
    /// Missiles from the ground at the ground.
    Missile = "missile",
    /// Missiles at aircraft.
    AirDefenceMissile = "air_defence_missile",
    /// Bombs and missiles from crewed aircraft.
    AerialBomb = "aerial_bomb",
    /// What uncrewed aircraft drop, or are.
    ArmedDrone = "armed_drone",
    /// Mines and improvised explosive devices.
    Mine = "mine",
    /// Heard or seen and not known.
    Unknown = "unknown",
}
}
